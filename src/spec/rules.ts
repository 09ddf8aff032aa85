/**
 * A well-shaped specification in; what is wrong across its fields, all of it at once, out. Pure. Knows
 * Pacemaker's one space of resource ids and what can stand on which node; refuses to know addresses
 * (that is `topology/validate.ts`) and whether `raw` is sound (that is the CIB's schema).
 */
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { fileProblems } from './rules/files.ts';
import { mountProblems } from './rules/mounts.ts';
import { nameProblems } from './rules/names.ts';
import { serviceProblems } from './rules/services.ts';
import { sizeProblems } from './rules/sizes.ts';
import { vipProblems } from './rules/vips.ts';
import { withProblems } from './rules/with.ts';
import type { DeploymentSpec } from './schema.ts';

export const validateSpec = (spec: DeploymentSpec): readonly Diagnostic[] =>
  [sizeProblems, nameProblems, vipProblems, mountProblems, serviceProblems, withProblems, fileProblems].flatMap(
    (rule) => rule(spec),
  );
