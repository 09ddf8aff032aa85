import { expect, test } from 'vitest';
import { renderUnit } from './unit.ts';

test('a state directory with spaces, quotes, percent and dollar signs reaches incusd as it is', () => {
  const directory = '/srv/100% "my" $HOME';
  const text = renderUnit({
    name: 'quorate-incus',
    command: ['/usr/libexec/incus/incusd', '--logfile', directory],
    stopCommand: ['/usr/libexec/incus/incusd', 'shutdown'],
    environment: { INCUS_DIR: directory },
  });
  expect(text).toContain('Environment="INCUS_DIR=/srv/100%% \\"my\\" $HOME"\n');
  expect(text).toContain('ExecStart="/usr/libexec/incus/incusd" "--logfile" "/srv/100%% \\"my\\" $$HOME"\n');
  expect(text).toContain('ExecStop=-"/usr/libexec/incus/incusd" "shutdown"\n');
});
