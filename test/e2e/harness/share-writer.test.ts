import { expect, it } from 'vitest';
import { lostRecords } from './share-writer.ts';

const attempt = (said: string, ok = true) => ({ startedAt: 0, endedAt: 1, ok, said });

it('misses an acknowledged record that is not there, and none that was never acknowledged', () => {
  const attempts = [attempt('0'), attempt('1'), attempt('Input/output error', false), attempt('2')];
  expect(lostRecords(attempts, 'record 0\nrecord 1\nrecord 2\n')).toEqual([]);
  expect(lostRecords(attempts, 'record 0\nrecord 2\n')).toEqual(['1']);
  expect(lostRecords(attempts, 'record 0\nrecord 1\nrecor')).toEqual(['2']);
});
