/** A key that the schema does not know: which one was meant, or where it belongs. */
import { type Diagnostic, renderPath } from '../kernel/diagnostic.ts';
import { nearest, oneOf } from './suggest.ts';
import { keysAt, placesOfKey } from './vocabulary.ts';

type Path = Diagnostic['path'];

/** Words of neighbouring fields, and ours for the same thing; used only where ours may stand. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  version: ['apiVersion'],
  count: ['nodes'],
  replicas: ['nodes'],
  members: ['nodes'],
  size: ['sizeGiB', 'flavor', 'nodes'],
  sizeGb: ['sizeGiB'],
  sizeGB: ['sizeGiB'],
  gigabytes: ['sizeGiB'],
  type: ['agent', 'flavor', 'attach'],
  resource: ['agent'],
  unit: ['agent'],
  resources: ['services'],
  parameters: ['params'],
  options: ['params'],
  attributes: ['params'],
  ops: ['operations'],
  depends: ['with'],
  dependsOn: ['with'],
  requires: ['with'],
  after: ['with'],
  needs: ['with'],
  volumes: ['storage'],
  volume: ['storage'],
  disks: ['storage'],
  addresses: ['vips'],
  virtualIps: ['vips'],
  ip: ['address'],
  public: ['external'],
  floatingIp: ['external'],
  floating: ['external'],
  path: ['mount'],
  mountPoint: ['mount'],
  mountpoint: ['mount'],
  directory: ['mount'],
  target: ['to'],
  healthCheck: ['check'],
  lb: ['loadBalancers'],
  project: ['tenant'],
  network: ['networks'],
  ssh: ['access'],
  cidr: ['range'],
  text: ['content'],
  permissions: ['mode'],
  master: ['promotable'],
};

/** `path` is the group's. */
export function hintForUnknownKey(path: Path, key: string, value: unknown): string | undefined {
  const known = keysAt(path);
  if (key === '<<') return 'YAML merges are not supported here: write the keys out';
  if (path.length === 0 && ['kind', 'metadata', 'spec'].includes(key))
    return 'this format is flat: `apiVersion`, `name`, `cluster` and the rest stand at the top, without `kind`, `metadata` or `spec`';
  const meant = (Object.hasOwn(synonyms, key) ? (synonyms[key] ?? []) : []).filter(
    // `size: 3` is a number of nodes, `size: small` a flavor.
    (word) => word !== 'flavor' || typeof value === 'string',
  );
  const synonym = meant.find((word) => known.includes(word));
  if (synonym !== undefined) return `did you mean \`${synonym}\`?`;
  const near = nearest(key, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  for (const word of [key, ...meant]) {
    const elsewhere = hintForPlace(word);
    if (elsewhere !== undefined) return elsewhere;
  }
  return `what may stand here: ${oneOf(known)}`;
}

function hintForPlace(key: string): string | undefined {
  const places = placesOfKey(key).filter((place) => !place.includes('*'));
  if (places.length === 0) return undefined;
  const parents = [...new Set(places.map((place) => renderPlace(place.slice(0, -1))))];
  if (places.some((place) => place.length === 1)) return `\`${key}\` belongs at the top, without indentation`;
  // More than a few places say nothing about which one was meant.
  return parents.length > 3 ? undefined : `\`${key}\` belongs under ${oneOf(parents.map((parent) => `\`${parent}\``))}`;
}

const renderPlace = (place: readonly string[]): string => renderPath(place).replaceAll('.[]', '[]');
