/** Asks the outside addresses from this machine, as a client would. */
import { connect } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { VipView } from './status-view.ts';

export type Answer = {
  readonly vip: string;
  readonly address: string;
  readonly port: number;
  /** A TCP connection was made. */
  readonly answers: boolean;
  readonly elapsedMs: number;
};

/** A node beside us answers in milliseconds; a service that has just moved may need a moment. */
const patienceMs = 3_000;
const againAfterMs = 100;

/** One an outside port, all at once; a port without a service behind it is an answer too, not an error. */
export const answersOf = (clock: Clock, vips: readonly VipView[]): Promise<readonly Answer[]> =>
  Promise.all(
    vips.flatMap(({ name, outside, ports }) =>
      outside === null ? [] : ports.map((port) => answerOf(clock, { vip: name, address: outside, port })),
    ),
  );

async function answerOf(clock: Clock, where: Pick<Answer, 'vip' | 'address' | 'port'>): Promise<Answer> {
  const endsAt = clock.now() + patienceMs;
  for (;;) {
    const before = clock.now();
    const answers = await accepts(where.address, where.port, endsAt - before);
    const now = clock.now();
    if (answers || now + againAfterMs >= endsAt) return { ...where, answers, elapsedMs: now - before };
    await clock.sleep(againAfterMs);
  }
}

const accepts = (host: string, port: number, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: Math.max(1, timeoutMs) });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
