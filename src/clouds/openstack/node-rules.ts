/**
 * What a node of a deployment may ask of its cloud, and by which keys of its server's metadata it and the controller
 * understand each other. Nodes and controller read it; it knows neither.
 */

/**
 * An application credential's access rules (Identity API v3.13): exactly the calls of `agents/openstack/nova.ts`. A
 * `*` is one part of the path. The credential lives in the deployment's project, so other projects' servers are as far
 * away as ever; within it these rules let a node switch servers, move volumes between them and write their metadata,
 * and nothing else: no network, no image, no volume, no new server, and no way to more credentials.
 * @param computePath what stands before `/v2.1` in the compute endpoint (`/compute`); the rules match the whole path
 */
export const nodeAccessRules = (computePath = ''): readonly AccessRule[] =>
  nodeCalls.map(([method, path]) => ({ service: 'compute', method, path: `${computePath}/v2.1/servers${path}` }));

/** Whatever stands before `/v2.1` in the compute endpoint. */
export const isNodeAccessRule = ({ service, method, path }: AccessRule): boolean =>
  nodeAccessRules().some((rule) => rule.service === service && rule.method === method && path.endsWith(rule.path));

export type AccessRule = { readonly service: string; readonly method: string; readonly path: string };

const nodeCalls = [
  ['GET', '/detail'],
  ['GET', '/*'],
  ['POST', '/*/action'],
  ['POST', '/*/metadata'],
  ['DELETE', '/*/metadata/*'],
  ['POST', '/*/os-volume_attachments'],
  ['DELETE', '/*/os-volume_attachments/*'],
] as const;

/** On every server of a deployment: its name. */
export const DEPLOYMENT_KEY = 'quorate:deployment';

/** On every server that may get the volume: its id in Cinder, which nodes have no other way to learn. */
export const volumeKey = (volume: string): string => `quorate_volume_${volume}`;
