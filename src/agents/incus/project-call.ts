import { callIncus, type IncusAnswer, type IncusRequest } from '../../clouds/local/incus/transport.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { IncusAccess } from '../cloud-access.ts';
import type { Deadline } from '../deadline.ts';

/** No answer comes later than this from an Incus that is alive; one that hangs is asked again. */
const LONGEST_CALL_MS = 10_000;

/** Incus' instance states (doc/rest-api.md, "Status codes") that decide anything here. */
export const INSTANCE_STATUS = { stopped: 102, running: 103, frozen: 110, error: 112 } as const;

/** Calls confined to one project of one Incus and to one deadline. */
export type ProjectCall = {
  /** `path` is the part after `/1.0`, without the project. */
  readonly call: (
    method: IncusRequest['method'],
    path: string,
    body?: unknown,
    ifMatch?: string,
  ) => Promise<IncusAnswer>;
  /**
   * The same, and waits for the operation that it started.
   * @throws Refusal CLOUD_REFUSED (retry later) when the operation failed, TIMED_OUT
   */
  readonly callAndWait: (...call: Parameters<ProjectCall['call']>) => Promise<void>;
};

export function projectCall(access: IncusAccess, deadline: Deadline): ProjectCall {
  const send = (request: IncusRequest, longestMs: number) =>
    callIncus(access.endpoint, {
      ...request,
      timeoutMs: Math.ceil(Math.max(1, Math.min(longestMs, deadline.remainingMs()))),
    });
  const call: ProjectCall['call'] = (method, path, body, ifMatch) => {
    const query = `${path.includes('?') ? '&' : '?'}project=${encodeURIComponent(access.project)}`;
    const request = { method, path: `/1.0${path}${query}`, body, ...(ifMatch === undefined ? {} : { ifMatch }) };
    return send(request, LONGEST_CALL_MS);
  };
  const callAndWait: ProjectCall['callAndWait'] = async (...args) => {
    const { operation } = await call(...args);
    if (operation === undefined || operation === '') return;
    const seconds = Math.max(1, Math.ceil(deadline.remainingMs() / 1_000));
    const wait = { method: 'GET', path: `${operation}/wait?timeout=${seconds}` } as const;
    const what = `${args[0]} ${args[1]}`;
    try {
      const { metadata } = await send(wait, seconds * 1_000 + LONGEST_CALL_MS);
      if ((metadata as { readonly status_code: number }).status_code === 200) return;
    } catch (cause) {
      const refusal = asRefusal(cause);
      if (refusal === undefined) throw cause;
      // Incus answers a failed operation with 400, and one it forgot in a restart with 404: neither is a last word.
      throw new Refusal('CLOUD_REFUSED', `${what} failed: ${refusal.message}`, { retry: 'later', cause });
    }
    throw new Refusal('TIMED_OUT', `${what} has not ended`, { retry: 'later' });
  };
  return { call, callAndWait };
}

export const instancePath = (name: string, rest = ''): string => `/instances/${encodeURIComponent(name)}${rest}`;
