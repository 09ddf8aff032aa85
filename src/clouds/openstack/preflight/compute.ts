/** Flavors, image and zone: whether they exist, by these names, and go together. */
import { z } from 'zod';
import { defaultImage } from '../../../artefacts/heat/index.ts';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { nearest } from '../../../spec/suggest.ts';
import { allNodes } from '../../../topology/topology.ts';
import { readAll } from '../read.ts';
import { type Asking, problem } from './asking.ts';

const FlavorRecord = z.object({ name: z.string(), vcpus: z.number(), ram: z.number(), disk: z.number() });
const ImageRecord = z.object({
  id: z.string(),
  status: z.string(),
  /** GiB. */
  min_disk: z.number(),
  /** MiB. */
  min_ram: z.number(),
  /** Seconds. */
  os_shutdown_timeout: z.coerce.number().optional(),
});
type ImageRecord = z.output<typeof ImageRecord>;

export async function checkFlavorsAndImage(asking: Asking): Promise<readonly Diagnostic[]> {
  const { client, topology } = asking;
  const name = topology.image ?? defaultImage;
  const [flavors, images] = await Promise.all([
    readAll(client, { service: 'compute', path: '/flavors/detail' }, 'flavors', FlavorRecord),
    readAll(client, { service: 'image', path: '/images', query: { name } }, 'images', ImageRecord),
  ]);
  const [image] = images;
  const tiers = new Map(allNodes(topology).map(({ tier, flavor }) => [tier, flavor]));
  const found = [...tiers].flatMap(([tier, wanted]): readonly Diagnostic[] => {
    const flavor = flavors.find((candidate) => candidate.name === wanted);
    if (flavor !== undefined) return image === undefined ? [] : fits(image, flavor, flavorPath(tier));
    const names = flavors.map((candidate) => candidate.name);
    const near = nearest(wanted, names);
    const hint = `${near === undefined ? '' : `Did you mean ${near}? `}The cloud has ${names.join(', ')}`;
    return [problem('unknown-flavor', flavorPath(tier), `the cloud has no flavor ${wanted}`, hint)];
  });
  return [...imageProblems(name, topology.image, images), ...found];
}

/** Nova's `shutdown_timeout`, for images that do not say. */
const USUAL_SHUTDOWN_SECONDS = 60;
const LONGEST_SHUTDOWN_SECONDS = 5;

function imageProblems(name: string, given: string | undefined, images: readonly ImageRecord[]): readonly Diagnostic[] {
  const path = given === undefined ? ['cloud'] : ['image'];
  const [image] = images;
  if (image === undefined) {
    const hint =
      given === undefined
        ? "Put Quorate's own there: `quorate image upload`"
        : "Check its name and whether this project may see it, or leave `image` out for Quorate's own";
    return [problem('image-missing', path, `the cloud has no image ${name}`, hint)];
  }
  if (images.length > 1)
    return [
      problem(
        'image-ambiguous',
        path,
        `the cloud has ${images.length} images ${name}`,
        'Use the id of one, or rename the others',
      ),
    ];
  if (image.status !== 'active') {
    const hint = 'Wait until it is active, or upload it again';
    return [problem('image-not-ready', path, `image ${name} is ${image.status}`, hint)];
  }
  const waitSeconds = image.os_shutdown_timeout ?? USUAL_SHUTDOWN_SECONDS;
  if (waitSeconds <= LONGEST_SHUTDOWN_SECONDS) return [];
  const slow = `with image ${name} fencing takes ${waitSeconds} s longer: so long Nova waits for a hung node to shut down by itself`;
  const hint = `Set the image's property: openstack image set --property os_shutdown_timeout=0 ${name}`;
  return [problem('image-stops-slowly', path, slow, hint, 'warning')];
}

/** A flavor without a disk of its own (0) takes the image's size. */
function fits(
  image: ImageRecord,
  flavor: z.output<typeof FlavorRecord>,
  path: Diagnostic['path'],
): readonly Diagnostic[] {
  const short = [
    ...(flavor.disk > 0 && flavor.disk < image.min_disk
      ? [`${image.min_disk} GiB of disk, it has ${flavor.disk} GiB`]
      : []),
    ...(flavor.ram < image.min_ram ? [`${image.min_ram} MiB of memory, it has ${flavor.ram} MiB`] : []),
  ];
  return short.map((what) =>
    problem(
      'flavor-too-small',
      path,
      `flavor ${flavor.name} is too small for the image, which needs ${what}`,
      'Use a larger flavor',
    ),
  );
}

function flavorPath(tier: string): Diagnostic['path'] {
  if (tier === 'app' || tier === 'core') return ['cluster', 'flavor'];
  if (tier === 'lb') return ['loadBalancers', 'flavor'];
  return tier === 'storage' ? ['storageCluster', 'flavor'] : ['roles', tier, 'flavor'];
}

const ZoneRecord = z.object({ zoneName: z.string(), zoneState: z.object({ available: z.boolean() }) });
/** Nova's stand-in for hosts that are in no zone. Asked for by name it matches hosts of any zone. */
const NO_ZONE = 'nova';

export async function checkZone({ client, settings }: Asking): Promise<readonly Diagnostic[]> {
  const wanted = settings.availabilityZone;
  if (wanted === undefined) return [];
  const all = await readAll(
    client,
    { service: 'compute', path: '/os-availability-zone' },
    'availabilityZoneInfo',
    ZoneRecord,
  );
  const names = all.filter(({ zoneState }) => zoneState.available).map(({ zoneName }) => zoneName);
  const usable = names.filter((name) => name !== NO_ZONE);
  if (usable.includes(wanted)) return [];
  const why =
    wanted === NO_ZONE
      ? 'zone nova is Nova’s name for no zone, and must not be asked for'
      : `the cloud has no available zone ${wanted}`;
  const hint = usable.length > 0 ? `Use ${usable.join(', ')}, or leave it out` : 'Leave it out: the cloud has no zones';
  return [problem('unknown-zone', ['cloud'], why, hint)];
}
