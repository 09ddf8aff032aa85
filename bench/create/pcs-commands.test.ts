import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pcsCommands } from './pcs-commands.ts';

test('the CIB of the basic golden case is asked of pcs in as many commands as it has parts', () => {
  const cib = readFileSync(new URL('../../test/golden/basic/cib.xml', import.meta.url), 'utf8');
  const commands = pcsCommands(cib).map((words) => words.join(' '));
  expect(commands).toHaveLength(11);
  expect(commands[0]).toMatch(/^property set stonith-enabled=true /);
  expect(commands[3]).toMatch(/^stonith create fencing fence_quorate pcmk_host_check=none .* op start interval=0s/);
  expect(commands[4]).toMatch(/^resource create mount-data ocf:heartbeat:Filesystem device=\S+ /);
  expect(commands[6]).toMatch(/^resource create www systemd:nginx op /);
  expect(commands.slice(7)).toEqual([
    'constraint colocation add vip-web with mount-data score=INFINITY',
    'constraint colocation add www with vip-web score=INFINITY',
    'constraint order vip-web then www kind=Mandatory',
    'constraint order mount-data then www kind=Mandatory',
  ]);
});
