export { deriveGround, ENVIRONMENT_OUTPUT, floatingIpParameter, MEMORY } from './ground.ts';
export {
  deploymentOfMetadata,
  deploymentOfStack,
  deploymentOfTag,
  deploymentTag,
  groundStackName,
  networkTag,
  outsideDescription,
  serverResource,
  userDataParameter,
  VOLUME_KEY,
  vipOfTag,
  vipPortOfTag,
  vipTag,
  volumeResource,
} from './names.ts';
export { ACCESS_PARAMETER } from './security.ts';
export { allSlices, type Slice, slicesOf, stackOf } from './slices.ts';
export { renderStacks } from './stacks.ts';
export type { HeatResource, HeatTemplate } from './template.ts';
export { chained, defaultImage, deriveTier } from './tier.ts';
export { mayHave, tiersOf } from './tiers.ts';
