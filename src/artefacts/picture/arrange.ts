/**
 * A topology -> what stands where in its picture. Networks are bars across the whole width, tiers are boxes
 * between them, from the outside world at the top to the storage at the bottom, so that traffic reads downwards.
 */
import type { Cluster, Network, NetworkName, Node, Topology } from '../../topology/topology.ts';

export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export type TierBox = Rectangle & {
  readonly title: string;
  readonly nodes: readonly (Rectangle & { readonly node: Node })[];
  /** Nodes that are not drawn, and where their number stands. */
  readonly hidden: (Rectangle & { readonly count: number }) | undefined;
  /** What the tier carries: volumes and services, a line each. */
  readonly carries: readonly string[];
  readonly networks: readonly NetworkName[];
};

export type NetworkBar = Rectangle & { readonly network: Network };

export type Arrangement = {
  readonly width: number;
  readonly height: number;
  readonly bars: readonly NetworkBar[];
  readonly tiers: readonly TierBox[];
};

export const size = {
  margin: 24,
  gap: 20,
  pad: 14,
  node: 190,
  line: 16,
  title: 26,
  bar: 24,
  top: 64,
  /** Room for an outside address above the first network. */
  outside: 46,
} as const;

type Tier = { readonly name: string; readonly cluster: Cluster; readonly nodes: readonly Node[] };

/** From top to bottom; a row whose tiers or networks a deployment does not have is left out. */
const levels: readonly { readonly bars: readonly NetworkName[]; readonly holds: (tier: Tier) => boolean }[] = [
  { bars: ['public', 'services'], holds: ({ name }) => name === 'lb' },
  {
    bars: ['lb-cluster', 'backend'],
    holds: ({ cluster }) => cluster.name === 'app' || cluster.name.startsWith('core'),
  },
  { bars: ['cluster', 'storage'], holds: ({ name }) => name === 'storage' },
  { bars: ['storage-cluster'], holds: () => false },
];

export function arrange(topology: Topology): Arrangement {
  const tiers = tiersOf(topology);
  const rows = levels.map(({ bars, holds }) => ({
    bars: bars.flatMap((name) => topology.networks.filter((network) => network.name === name)),
    tiers: tiers.filter(holds),
  }));
  const shown = shownPerTier(Math.max(...rows.map((row) => row.tiers.length)));
  const width = Math.max(640, ...rows.map((row) => widthOfRow(row.tiers, shown))) + 2 * size.margin;
  const placed: { bars: NetworkBar[]; tiers: TierBox[] } = { bars: [], tiers: [] };
  let y = size.top + size.outside;
  for (const row of rows) {
    for (const network of row.bars) {
      placed.bars.push({ network, x: size.margin, y, width: width - 2 * size.margin, height: size.bar });
      y += size.bar + size.gap;
    }
    if (row.tiers.length === 0) continue;
    const height = Math.max(...row.tiers.map(heightOf));
    let x = (width - widthOfRow(row.tiers, shown)) / 2;
    for (const tier of row.tiers) {
      placed.tiers.push(place(tier, shown, { x, y, height }));
      x += widthOf(tier, shown) + size.gap;
    }
    y += height + size.gap;
  }
  return { width, height: y + size.margin, ...placed };
}

const tiersOf = (topology: Topology): readonly Tier[] =>
  topology.clusters.flatMap((cluster) => {
    const nodes = [...cluster.members, ...cluster.remotes];
    const names = [...new Set(nodes.map(({ tier }) => tier))];
    return names.map((name) => ({ name, cluster, nodes: nodes.filter(({ tier }) => tier === name) }));
  });

/** A picture that is much wider than a page is not looked at. */
const shownPerTier = (tiersBeside: number): number =>
  tiersBeside <= 1 ? 6 : tiersBeside === 2 ? 3 : tiersBeside <= 4 ? 2 : 1;

/** Columns of a tier: its nodes, or the first ones and one more for the rest. */
const columnsOf = ({ nodes }: Tier, shown: number): number => Math.min(nodes.length, shown + 1);

const widthOf = (tier: Tier, shown: number): number => columnsOf(tier, shown) * (size.node + size.pad) + size.pad;

const widthOfRow = (tiers: readonly Tier[], shown: number): number =>
  tiers.reduce((sum, tier) => sum + widthOf(tier, shown) + size.gap, -size.gap);

const nodeHeight = (node: Node): number => size.title + node.addresses.length * size.line + size.pad / 2;

const heightOf = (tier: Tier): number =>
  size.title + Math.max(...tier.nodes.map(nodeHeight)) + carriedBy(tier).length * size.line + 2 * size.pad;

function place(
  tier: Tier,
  shown: number,
  at: { readonly x: number; readonly y: number; readonly height: number },
): TierBox {
  const columns = columnsOf(tier, shown);
  const drawn = tier.nodes.length > columns ? tier.nodes.slice(0, columns - 1) : tier.nodes;
  const column = (index: number, height: number): Rectangle => ({
    x: at.x + size.pad + index * (size.node + size.pad),
    y: at.y + size.title,
    width: size.node,
    height,
  });
  const height = Math.max(...tier.nodes.map(nodeHeight));
  const left = tier.nodes.length - drawn.length;
  return {
    ...at,
    width: widthOf(tier, shown),
    title: titleOf(tier),
    nodes: drawn.map((node, index) => ({ node, ...column(index, height) })),
    hidden: left === 0 ? undefined : { count: left, ...column(drawn.length, height) },
    carries: carriedBy(tier),
    networks: tier.nodes[0]?.addresses.map(({ network }) => network) ?? [],
  };
}

function titleOf({ name, cluster, nodes }: Tier): string {
  const many = (one: string) => `${nodes.length} ${one}${nodes.length === 1 ? '' : 's'}`;
  return nodes[0]?.kind === 'remote'
    ? `role ${name}: ${many('remote node')}`
    : `cluster ${cluster.name}: ${many('member')}`;
}

function carriedBy({ name, cluster, nodes }: Tier): readonly string[] {
  const role = nodes[0]?.kind === 'remote' ? name : undefined;
  const volumes = cluster.volumes.filter((volume) => volume.role === role);
  const services = cluster.services.filter((service) => service.role === role);
  const runs = { single: 'on one node', clone: 'on every node', promotable: 'on every node, one promoted' } as const;
  const lines = [
    ...volumes.map((volume) => `volume ${volume.name}, ${volume.sizeGiB} GiB on ${volume.mount}`),
    ...services.map((service) => `service ${service.name}, ${runs[service.run]}`),
  ];
  return lines.length <= shownLines
    ? lines
    : [...lines.slice(0, shownLines - 1), `and ${lines.length - shownLines + 1} more`];
}

const shownLines = 6;
