/** What the engine's tests share: an engine on a fake cloud and a clock that does not make anybody wait. */
import { fakeCloud, type Tick } from '../../test/fake-cloud/fake-cloud.ts';
import type { World } from '../../test/fake-cloud/world.ts';
import type { Clock } from '../kernel/clock.ts';
import { invariant } from '../kernel/invariant.ts';
import { parseSpec } from '../spec/parse.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import { createEngine } from './create-engine.ts';
import type { Engine } from './engine.ts';
import { fileSealer } from './secrets/seal.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import type { Store } from './store/store.ts';

export const shopText = `apiVersion: quorate/v1
name: shop
vips:
  - name: web
    ports: [80]
storage:
  - name: data
    sizeGiB: 1
    mount: /srv/data
services:
  - name: www
    agent: systemd:nginx
    with: [web, data]
`;

/** The same name behind load balancers. */
export const balancedText = `apiVersion: quorate/v1
name: shop
loadBalancers: {nodes: 2}
vips:
  - name: web
    listen: [{port: 80, to: 8080}]
services:
  - name: www
    agent: systemd:nginx
    clone: true
`;

export function specFrom(text: string): DeploymentSpec {
  const { spec, diagnostics } = parseSpec(text);
  invariant(spec, JSON.stringify(diagnostics));
  return spec;
}

/** Time passes only while somebody sleeps. */
export function fakeClock(): Clock & { advance(ms: number): void } {
  let now = 1_790_000_000_000;
  return {
    now: () => now,
    advance: (ms) => void (now += ms),
    sleep: async (ms) => {
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export type TestEngine = { readonly engine: Engine; readonly store: Store; readonly close: () => Promise<void> };

export async function openEngine(parts: {
  readonly state: string;
  readonly world: World;
  readonly clock: Clock;
  readonly tick?: Tick;
  /** Whether the cloud keeps what lets another engine adopt a deployment. */
  readonly remembers?: boolean;
  readonly wrapStore?: (store: Store) => Store;
}): Promise<TestEngine> {
  const opened = await openSqliteStore(parts.state);
  const store = parts.wrapStore?.(opened) ?? opened;
  const cloud = fakeCloud(parts.world, parts.tick ?? (() => undefined), { remembers: parts.remembers === true });
  const engine = createEngine({
    store,
    sealer: fileSealer(parts.state),
    cloudOf: async () => cloud,
    clock: parts.clock,
  });
  return { engine, store: opened, close: () => opened.close() };
}
