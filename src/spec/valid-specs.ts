/** Arbitrary valid specifications, as a person may write them: defaults left out as often as not. For tests. */
import fc from 'fast-check';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 4 });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const time = fc.integer({ min: 1, max: 999 }).map((seconds) => `${seconds}s`);

const shape = fc.record({
  name: fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/),
  nodes: optional(fc.integer({ min: 2, max: 16 })),
  flavor: optional(fc.stringMatching(/^[ -~]{1,20}$/)),
  failureDetection: optional(fc.constantFrom('fast', 'standard', 'tolerant')),
  contents: fc.array(text, { maxLength: 3 }),
  vips: fc.array(
    fc.oneof(
      ports.map((list) => ({ ports: list })),
      fc.constant({ external: 'none' }),
    ),
    { maxLength: 4 },
  ),
  volumes: fc.array(
    fc.record({
      sizeGiB: fc.integer({ min: 1, max: 65_536 }),
      attach: optional(fc.constantFrom('auto', 'shared', 'moving')),
    }),
    { maxLength: 4 },
  ),
  services: fc.array(
    fc.record({
      params: optional(
        fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), fc.oneof(text, fc.boolean(), fc.integer()), {
          maxKeys: 3,
        }),
      ),
      operations: optional(fc.record({ monitor: fc.record({ interval: time, timeout: time }) })),
      clone: optional(fc.boolean()),
    }),
    { maxLength: 4 },
  ),
  loadBalancers: optional(fc.record({ nodes: fc.integer({ min: 1, max: 16 }) })),
});

const named = <T extends object>(prefix: string, list: readonly T[]) =>
  list.map((entry, index) => ({ name: `${prefix}${index}`, ...entry }));

export const validSpecs: fc.Arbitrary<Record<string, unknown>> = shape.map((given) => ({
  apiVersion: 'quorate/v1',
  name: given.name,
  cluster: {
    nodes: given.nodes,
    flavor: given.flavor,
    failureDetection: given.failureDetection,
    files: given.contents.map((content, index) => ({ path: `/opt/file-${index}`, content })),
  },
  // With load balancers, a VIP needs something to listen on even inside.
  vips: named('address', given.vips).map((vip) => (given.loadBalancers === undefined ? vip : { ports: [80], ...vip })),
  storage: named('disk', given.volumes).map((volume) => ({ ...volume, mount: `/srv/${volume.name}` })),
  services: named('service', given.services).map((service) => ({ agent: 'ocf:heartbeat:Dummy', ...service })),
  loadBalancers: given.loadBalancers,
}));
