import { expect, it } from 'vitest';
import { refusalOf } from './refusals.ts';

const asked = { service: 'network', method: 'POST', path: '/ports' };
const refuse = (status: number, text: string) =>
  refusalOf(asked, { status, text, headers: { 'x-openstack-request-id': 'req-7' } }, (words) => words);

it.each([
  [409, { NeutronError: { type: 'OverQuota', message: 'Quota exceeded for port.' } }, 'QUOTA_EXCEEDED', 'never'],
  [409, { NeutronError: { type: 'IpAddressInUse', message: 'in use' } }, 'ADDRESS_TAKEN', 'never'],
  [409, { NeutronError: { type: 'NetworkInUse', message: 'in use' } }, 'CONFLICT', 'later'],
  [403, { forbidden: { message: 'Quota exceeded for cores: Requested 4' } }, 'QUOTA_EXCEEDED', 'never'],
  [403, { forbidden: { message: 'Policy does not allow it' } }, 'CLOUD_REFUSED', 'never'],
  [413, { overLimit: { message: 'VolumeLimitExceeded' } }, 'QUOTA_EXCEEDED', 'never'],
  [404, { itemNotFound: { message: 'no such server' } }, 'NOT_FOUND', 'never'],
  [400, { badRequest: { message: 'malformed' } }, 'CLOUD_REFUSED', 'never'],
  [500, { computeFault: { message: 'unexpected' } }, 'CLOUD_REFUSED', 'later'],
  [
    400,
    { explanation: 'bad', error: { type: 'RequestLimitExceeded', message: 'too many stacks' } },
    'QUOTA_EXCEEDED',
    'never',
  ],
])('%i %j is %s, %s', (status, body, code, retry) => {
  const refusal = refuse(status, JSON.stringify(body));
  const words = Object.values(body).find((value) => typeof value === 'object').message;
  expect(refusal).toMatchObject({ code, retry, data: { ...asked, status, words, requestId: 'req-7' } });
  expect(refusal.message).toBe(`network refused POST /ports: ${words}`);
});

it('Placement names its reason in a list of errors', () => {
  const body = { errors: [{ status: 409, title: 'Conflict', detail: 'in use', code: 'placement.inventory.inuse' }] };
  expect(refuse(409, JSON.stringify(body))).toMatchObject({
    code: 'CONFLICT',
    data: { words: 'in use', type: 'placement.inventory.inuse' },
  });
});

it('a page gives its visible words', () => {
  const page = '<html><title>x</title><body><h1>404 Not Found</h1>No image</body></html>';
  expect(refuse(404, page).data['words']).toBe('404 Not Found No image');
});

it('an answer without a word gives its status', () => {
  expect(refuse(404, '').message).toBe('network refused POST /ports: HTTP 404');
});
