/**
 * A topology -> its networks and nodes as an SVG that a browser, a README or a wiki shows. Follows SVG 1.1:
 * shapes, lines and texts only, no script, no font of its own, nothing loaded from elsewhere.
 */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import type { NetworkName, Topology, Vip } from '../../topology/topology.ts';
import { type Arrangement, arrange, type NetworkBar, type Rectangle, size, type TierBox } from './arrange.ts';

/** Told apart by people who see few colours, too (after Okabe and Ito); heartbeats are grey: they carry no traffic of users. */
const colours: Readonly<Record<NetworkName, string>> = {
  public: '#0072b2',
  services: '#0072b2',
  backend: '#009e73',
  storage: '#b35900',
  cluster: '#666666',
  'lb-cluster': '#666666',
  'storage-cluster': '#666666',
};

/** One SVG document; the same topology gives the same text. */
export function renderPicture(topology: Topology): string {
  const arrangement = arrange(topology);
  using document = XmlDocument.create();
  const svg = document.createRoot('svg');
  const { width, height } = arrangement;
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'font-family': 'system-ui, sans-serif',
    'font-size': 12,
  };
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'xmlns') svg.addNsDeclaration(String(value));
    else svg.setAttr(name, String(value));
  }
  add(svg, 'title', {}, `Networks and nodes of ${topology.deployment}`);
  add(svg, 'rect', { width, height, fill: '#ffffff' });
  text(svg, { x: size.margin, y: 34 }, topology.deployment, { 'font-size': 20, 'font-weight': 'bold' });
  text(svg, { x: size.margin, y: 54 }, `scenario ${topology.scenario}`, { fill: '#666666' });
  for (const tier of arrangement.tiers) drawWires(svg, arrangement, tier);
  for (const bar of arrangement.bars) drawBar(svg, bar);
  drawVips(svg, topology, arrangement);
  for (const tier of arrangement.tiers) drawTier(svg, tier);
  return document.toString({ format: true });
}

type Attributes = Readonly<Record<string, string | number>>;

function add(parent: XmlElement, name: string, attributes: Attributes, content?: string): XmlElement {
  const element = parent.addElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttr(key, String(value));
  if (content !== undefined) element.addText(content);
  return element;
}

const text = (
  parent: XmlElement,
  at: { readonly x: number; readonly y: number },
  content: string,
  attributes: Attributes = {},
): XmlElement => add(parent, 'text', { ...at, fill: '#222222', ...attributes }, content);

const box = ({ x, y, width, height }: Rectangle): Attributes => ({ x, y, width, height });

function drawBar(svg: XmlElement, bar: NetworkBar): void {
  const { name, cidr, routed } = bar.network;
  add(svg, 'rect', { ...box(bar), rx: 4, fill: colours[name] });
  const kind = routed ? '' : ', heartbeat, no way out';
  text(svg, { x: bar.x + 10, y: bar.y + 16 }, `network ${name}  ${cidr}${kind}`, { fill: '#ffffff' });
}

/** One line a network from a tier to its bar; a dot where it ends, because it may cross other bars. */
function drawWires(svg: XmlElement, { bars }: Arrangement, tier: TierBox): void {
  for (const [index, name] of tier.networks.entries()) {
    const bar = bars.find(({ network }) => network.name === name);
    if (bar === undefined) continue;
    const above = bar.y < tier.y;
    const x = Math.round(tier.x + (tier.width * (index + 1)) / (tier.networks.length + 1));
    const ends = above ? { y1: bar.y + bar.height, y2: tier.y } : { y1: bar.y, y2: tier.y + tier.height };
    add(svg, 'line', { x1: x, x2: x, ...ends, stroke: colours[name], 'stroke-width': 2.5 });
    add(svg, 'circle', { cx: x, cy: ends.y1, r: 4.5, fill: colours[name] });
  }
}

function drawTier(svg: XmlElement, tier: TierBox): void {
  add(svg, 'rect', { ...box(tier), rx: 8, fill: '#f4f4f4', stroke: '#bbbbbb' });
  text(svg, { x: tier.x + size.pad, y: tier.y + 18 }, tier.title, { 'font-weight': 'bold' });
  for (const { node, ...place } of tier.nodes) {
    add(svg, 'rect', { ...box(place), rx: 6, fill: '#ffffff', stroke: '#888888' });
    const x = place.x + 10;
    text(svg, { x, y: place.y + 18 }, `${node.name}  (${node.flavor})`, { 'font-weight': 'bold' });
    for (const [index, { network, address }] of node.addresses.entries())
      text(svg, { x, y: place.y + size.title + 10 + index * size.line }, `${address}  ${network}`, {
        fill: colours[network],
        'font-size': 11,
      });
  }
  if (tier.hidden !== undefined) {
    add(svg, 'rect', { ...box(tier.hidden), rx: 6, fill: 'none', stroke: '#888888', 'stroke-dasharray': '4 3' });
    text(svg, { x: tier.hidden.x + 10, y: tier.hidden.y + 18 }, `and ${tier.hidden.count} more`);
  }
  const lowest = Math.max(...tier.nodes.map((node) => node.y + node.height));
  for (const [index, line] of tier.carries.entries())
    text(svg, { x: tier.x + size.pad, y: lowest + 18 + index * size.line }, line);
}

const pillWidth = 230;

/** On their network's bar, the world's side of them above it. */
function drawVips(svg: XmlElement, topology: Topology, { bars, width }: Arrangement): void {
  const vips = topology.clusters.flatMap((cluster) => cluster.vips);
  const fit = Math.max(1, Math.floor((width - 2 * size.margin - 320) / (pillWidth + 10)));
  for (const bar of bars) {
    const here = vips.filter(({ network }) => network === bar.network.name);
    const drawn = here.length > fit ? here.slice(0, fit - 1) : here;
    // From the right, so that the first one named stands first.
    for (const [index, vip] of drawn.toReversed().entries()) drawVip(svg, bar, vip, index);
    if (drawn.length < here.length)
      text(svg, { x: pillX(bar, drawn.length) + 10, y: bar.y + 16 }, `and ${here.length - drawn.length} more VIPs`, {
        fill: '#ffffff',
      });
  }
}

const pillX = (bar: NetworkBar, index: number): number => bar.x + bar.width - (index + 1) * (pillWidth + 10);

function drawVip(svg: XmlElement, bar: NetworkBar, vip: Vip, index: number): void {
  const x = pillX(bar, index);
  const colour = colours[bar.network.name];
  const pill = { x, y: bar.y + 3, width: pillWidth, height: bar.height - 6 };
  add(svg, 'rect', { ...pill, rx: 9, fill: '#ffffff' });
  text(svg, { x: x + 12, y: bar.y + 16 }, `VIP ${vip.name}  ${vip.address}`, { fill: colour, 'font-weight': 'bold' });
  if (vip.external === 'none') return;
  const outside = vip.external === 'auto' ? 'outside address' : vip.external.address;
  const ports = vip.ports.length === 0 ? '' : `, port ${vip.ports.join(', ')}`;
  const middle = x + pillWidth / 2;
  add(svg, 'line', { x1: middle, x2: middle, y1: bar.y - 22, y2: bar.y + 3, stroke: colour, 'stroke-width': 2.5 });
  add(svg, 'path', { d: `M ${middle - 5} ${bar.y - 5} h 10 l -5 8 z`, fill: colour });
  text(svg, { x: middle, y: bar.y - 28 }, `${outside}${ports}`, { 'text-anchor': 'middle', fill: colour });
}
