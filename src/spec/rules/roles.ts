/** The role that a VIP or a volume names. */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec } from '../schema.ts';
import { didYouMean, oneOf } from '../suggest.ts';
import { type Path, problem } from './problem.ts';

export function roleProblems(spec: DeploymentSpec, role: string | undefined, path: Path): readonly Diagnostic[] {
  if (role === undefined || Object.hasOwn(spec.roles, role)) return [];
  const roles = Object.keys(spec.roles);
  const otherwise =
    roles.length === 0
      ? 'remove this line: there are no roles'
      : `the roles are ${oneOf(roles).replace(' or ', ' and ')}`;
  return [problem('unknown-name', path, `there is no role \`${role}\``, didYouMean(role, roles, otherwise))];
}
