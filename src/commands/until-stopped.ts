import { Refusal } from '../kernel/refusal.ts';

/** The work's result; throws INTERRUPTED as soon as the signal comes, and leaves the work to the process's end. */
export function untilStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(stopped());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

const stopped = () =>
  new Refusal('INTERRUPTED', 'stopped; nothing is lost', {
    retry: 'later',
    next: 'run the same command again: it goes on from here',
  });
