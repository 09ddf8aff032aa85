import { expect, test } from 'vitest';
import { bridgePrefix, difference } from './snapshot.ts';

const before = { lines: ['link lo', 'project default'], deployments: [] };

test('what a deletion left behind is named', () => {
  const after = { lines: ['forward 10.0.0.9 on qx-s', 'link lo', 'project default'], deployments: [] };
  expect(difference(['one'], before, after)).toEqual({ appeared: ['forward 10.0.0.9 on qx-s'], vanished: [] });
});

test('what a deletion took along though it was not its own is named', () => {
  const after = { lines: ['link lo'], deployments: [] };
  expect(difference(['one'], before, after)).toEqual({ appeared: [], vanished: ['project default'] });
});

test('what another deployment made meanwhile is left out, and one whose name begins alike is not taken for it', () => {
  const lines = [
    ...before.lines,
    'instance quorate-one/app-1',
    'instance quorate-one-two/app-1',
    `link ${bridgePrefix('one-two')}c`,
    `link veth1 ${bridgePrefix('elsewhere')}c`,
    `link ${bridgePrefix('one')}c`,
  ];
  const after = { lines, deployments: ['one-two'] };
  expect(difference(['one'], before, after).appeared).toEqual([
    'instance quorate-one/app-1',
    `link ${bridgePrefix('one')}c`,
  ]);
});
