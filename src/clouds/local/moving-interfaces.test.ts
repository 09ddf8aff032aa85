import { expect, test } from 'vitest';
import { Refusal, type RefusalCode } from '../../kernel/refusal.ts';
import { despiteMovingInterfaces } from './moving-interfaces.ts';

/** Refuses as often as told, then works; counts its calls. */
function refusing(times: number, code: RefusalCode = 'CLOUD_REFUSED') {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw new Refusal(code, 'no', { retry: 'later' });
  };
  return { work, calls: () => calls };
}

test('a bridge that Incus refuses for a moment is tried again until it is made', async () => {
  const { work, calls } = refusing(2);
  await despiteMovingInterfaces(work);
  expect(calls()).toBe(3);
});

test('a bridge that Incus keeps refusing ends with its words', async () => {
  const { work, calls } = refusing(99);
  await expect(despiteMovingInterfaces(work)).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
  expect(calls()).toBe(8);
});

test('an Incus that is gone is not asked again', async () => {
  const { work, calls } = refusing(99, 'CLOUD_UNREACHABLE');
  await expect(despiteMovingInterfaces(work)).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE' });
  expect(calls()).toBe(1);
});
