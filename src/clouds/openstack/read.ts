/** Answers of OpenStack's services, checked at the boundary: only the fields we use, whatever else a release adds. */
import { z } from 'zod';
import { Refusal } from '../../kernel/refusal.ts';
import { listAll, type OpenStackCall, type OpenStackClient } from './client/index.ts';

type Reader = Pick<OpenStackClient, 'call'>;
type Read = Omit<OpenStackCall, 'method' | 'body' | 'upload'>;

/** The object under `key`. @throws Refusal as `call`, CLOUD_REFUSED for an answer of another shape */
export async function readOne<Schema extends z.ZodType>(
  client: Reader,
  call: Read,
  key: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { body } = await client.call({ ...call, method: 'GET' });
  return checked(schema, (body as Readonly<Record<string, unknown>> | undefined)?.[key], call);
}

/** The objects under `key` of every page. @throws Refusal as `readOne` */
export async function readAll<Schema extends z.ZodType>(
  client: Reader,
  call: Read,
  key: string,
  schema: Schema,
): Promise<readonly z.output<Schema>[]> {
  return checked(z.array(schema), await listAll(client, call, key), call);
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, { service, path }: Read): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refusal('CLOUD_REFUSED', `the answer of ${service} about ${path} is not what its API reference documents`, {
    retry: 'never',
    data: { service, path },
    cause: result.error,
  });
}
