/** The first thing a newcomer runs: the basic example, applied and tried out from outside. */
import { Refusal } from '../kernel/refusal.ts';
import { type ApplyInput, apply, type Summary } from './apply.ts';
import type { Context } from './context.ts';
import type { OnProgress } from './progress.ts';
import { renderStarter } from './starter.ts';
import type { StatusView } from './status-view.ts';

export const demoName = 'demo';

/** One request as it was made and answered; an example of what to type. */
export type Exchange = {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly sent?: string;
  readonly status: number;
  readonly reply: string;
  readonly elapsedMs: number;
};

export type Demo = { readonly summary: Summary; readonly exchanges: readonly Exchange[] };

/** Throws what `apply` throws; NODE_UNREACHABLE when the address outside does not answer HTTP. */
export async function demo(context: Context, input: Omit<ApplyInput, 'text'>, report: OnProgress): Promise<Demo> {
  const text = await demoText();
  const summary = await apply(context, { ...input, text }, report);
  return { summary, exchanges: await tryOut(context, summary.status) };
}

export const demoText = (): Promise<string> => renderStarter({ name: demoName, scenario: 'basic' });

async function tryOut(context: Context, status: StatusView): Promise<readonly Exchange[]> {
  const vip = status.vips.find(({ outside, ports }) => outside !== null && ports.includes(80));
  if (vip === undefined || vip.outside === null) return [];
  const base = `http://${vip.outside}`;
  const greeting = `written ${new Date(context.clock.now()).toISOString()}`;
  return [
    await exchange(context, { method: 'GET', url: `${base}/healthz` }),
    await exchange(context, { method: 'PUT', url: `${base}/hello.txt`, sent: greeting }),
    await exchange(context, { method: 'GET', url: `${base}/hello.txt` }),
  ];
}

type Request = Pick<Exchange, 'method' | 'url' | 'sent'>;

const answerWithinMs = 5_000;

async function exchange({ clock }: Context, request: Request): Promise<Exchange> {
  const { method, url, sent } = request;
  const before = clock.now();
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    const response = await fetch(url, { method, signal, ...(sent === undefined ? {} : { body: sent }) });
    const reply = (await response.text()).trim();
    return { ...request, status: response.status, reply, elapsedMs: clock.now() - before };
  } catch (cause) {
    throw new Refusal('NODE_UNREACHABLE', `${url} does not answer from this machine`, {
      retry: 'later',
      next: `see what runs where: \`quorate status ${demoName}\``,
      cause,
    });
  }
}
