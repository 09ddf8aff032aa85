/**
 * Incus as objects: typed reads and changes that are finished when they return. Wraps `transport.ts`, waits
 * for background operations, and parses every answer at the boundary. Knows no deployment.
 * Source: Incus documentation, "REST API" and "Main API specification".
 */
import { z } from 'zod';
import { asRefusal, Refusal } from '../../../kernel/refusal.ts';
import { OperationRecord } from './records.ts';
import { callIncus, type IncusEndpoint, type IncusRequest } from './transport.ts';

type Query = Readonly<Record<string, string>>;

export type IncusClient = {
  readonly endpoint: IncusEndpoint;
  /** @throws Refusal NOT_FOUND and those of `callIncus` */
  get<Schema extends z.ZodType>(path: string, schema: Schema, query?: Query): Promise<z.output<Schema>>;
  /** undefined when it does not exist. */
  find<Schema extends z.ZodType>(path: string, schema: Schema, query?: Query): Promise<z.output<Schema> | undefined>;
  /** The objects of a collection; empty when the collection's own parent (project, network) does not exist. */
  list<Schema extends z.ZodType>(path: string, schema: Schema, query?: Query): Promise<readonly z.output<Schema>[]>;
  /** Does it and waits until it is done. @throws Refusal with Incus' own words */
  change(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options?: ChangeOptions): Promise<void>;
  /** As `change`, but an object that is absent is fine. */
  remove(path: string, query?: Query): Promise<void>;
  /** Starts a background operation and returns it as it stands. */
  begin(path: string, options: ChangeOptions): Promise<OperationRecord>;
  /** @throws Refusal CLOUD_REFUSED when it failed, TIMED_OUT when it still runs after `timeoutMs` */
  waitFor(operationId: string, what: string, timeoutMs?: number): Promise<OperationRecord>;
};

type ChangeOptions = { readonly query?: Query; readonly body?: unknown; readonly timeoutMs?: number };

/** Two minutes: a `dir` pool unpacks an image for every node, 10 s each, 16 of them eight at a time. */
const DEFAULT_TIMEOUT_MS = 120_000;

const FAILURE = 400;

/** `/1.0/instances/app-1?project=x` from its parts. */
export const apiPath = (segments: readonly string[], query: Query = {}): string => {
  const search = new URLSearchParams(query).toString();
  return `/1.0/${segments.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
};

export function createIncusClient(endpoint: IncusEndpoint): IncusClient {
  const withQuery = (path: string, query: Query = {}): string => {
    const search = new URLSearchParams(query).toString();
    return search === '' ? path : `${path}?${search}`;
  };

  const get: IncusClient['get'] = async (path, schema, query) => {
    const answer = await callIncus(endpoint, { method: 'GET', path: withQuery(path, query) });
    return parse(schema, answer.metadata, path);
  };

  const find: IncusClient['find'] = (path, schema, query) => get(path, schema, query).catch(undefinedIfAbsent);

  const waitFor: IncusClient['waitFor'] = async (operationId, what, timeoutMs = DEFAULT_TIMEOUT_MS) => {
    const seconds = Math.ceil(timeoutMs / 1000);
    const path = apiPath(['operations', operationId]);
    const operation = await callIncus(endpoint, {
      method: 'GET',
      path: `${path}/wait?timeout=${seconds}`,
      timeoutMs: timeoutMs + 10_000,
    }).then(
      ({ metadata }) => parse(OperationRecord, metadata, path),
      (error: unknown) => afterFailedWait(find, path, what, error),
    );
    if (operation.status_code >= FAILURE) throw failed(what, operation);
    if (operation.status_code < 200) {
      throw new Refusal('TIMED_OUT', `${what} is not done after ${seconds} s`, { retry: 'later' });
    }
    return operation;
  };

  const change: IncusClient['change'] = async (method, path, { query, body, timeoutMs } = {}) => {
    const call: IncusRequest = {
      method,
      path: withQuery(path, query),
      body,
      timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    };
    const answer = await callIncus(endpoint, call);
    if (answer.type !== 'async') return;
    await waitFor(parse(OperationRecord, answer.metadata, path).id, `${method} ${path}`, timeoutMs);
  };

  return {
    endpoint,
    get,
    find,
    list: async (path, schema, query) =>
      (await find(path, z.array(schema).nullable(), { recursion: '1', ...query })) ?? [],
    change,
    remove: async (path, query) => {
      try {
        await change('DELETE', path, query === undefined ? {} : { query });
      } catch (error) {
        if (asRefusal(error)?.code !== 'NOT_FOUND' && (await find(path, z.unknown(), query)) !== undefined) throw error;
      }
    },
    begin: async (path, { query, body }) => {
      const answer = await callIncus(endpoint, { method: 'POST', path: withQuery(path, query), body });
      return parse(OperationRecord, answer.metadata, path);
    },
    waitFor,
  };
}

/** For `catch`: what does not exist is undefined. */
export function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof Refusal && error.code === 'NOT_FOUND') return undefined;
  throw error;
}

/**
 * Incus 6.0 answers a wait with what went wrong inside the operation, by the status of that: a file that was not
 * there is a 404, and says nothing about the operation. Its record does.
 */
async function afterFailedWait(
  find: IncusClient['find'],
  path: string,
  what: string,
  error: unknown,
): Promise<OperationRecord> {
  if (asRefusal(error)?.code === 'CLOUD_UNREACHABLE') throw error;
  const record = await find(path, OperationRecord);
  if (record !== undefined) return record;
  throw new Refusal('CLOUD_REFUSED', `Incus no longer knows how ${what} ended`, { retry: 'later', cause: error });
}

const failed = (what: string, operation: OperationRecord): Refusal =>
  new Refusal('CLOUD_REFUSED', `Incus failed ${what}: ${operation.err}`, {
    retry: 'later',
    data: { operation: operation.id, words: operation.err },
  });

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refusal('CLOUD_REFUSED', `Incus' answer about ${path} is not what its version 6.0 documents`, {
    retry: 'never',
    next: 'Check that Incus is version 6.0 or newer.',
    cause: result.error,
  });
}
