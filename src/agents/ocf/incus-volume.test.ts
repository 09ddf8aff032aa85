import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { runIncusVolume } from './incus-volume.ts';

async function run(action: string, environment: Readonly<Record<string, string>> = {}) {
  const said = { out: '', log: '' };
  const io = { out: (text: string) => (said.out += text), log: (line: string) => (said.log += `${line}\n`) };
  return { exitCode: await runIncusVolume([action], environment, io), ...said };
}

describe('incus-volume', () => {
  it('describes itself in XML, with volume as its one required parameter', async () => {
    const { exitCode, out } = await run('meta-data');
    using document = XmlDocument.fromString(out);
    expect(exitCode).toBe(0);
    expect(document.find('//parameter[@required="1"]/@name').map((node) => node.content)).toEqual(['volume']);
  });

  it('answers an action that it does not have with "unimplemented"', async () => {
    expect((await run('promote')).exitCode).toBe(3);
  });

  it('says "not configured" with the reason when a parameter is missing or is no name or path', async () => {
    for (const environment of [
      {},
      { OCF_RESKEY_volume: '../etc' },
      { OCF_RESKEY_volume: 'data', OCF_RESKEY_path: 'relative' },
      { OCF_RESKEY_volume: 'data', OCF_RESKEY_path: '/with blank' },
    ]) {
      const { exitCode, log } = await run('monitor', environment);
      expect({ environment, exitCode }).toEqual({ environment, exitCode: 6 });
      expect(log).toMatch(/^ocf-exit-reason:/);
    }
  });

  it('monitors without any configuration of the cloud', async () => {
    expect((await run('monitor', { OCF_RESKEY_volume: 'data' })).exitCode).toBe(7);
    expect((await run('monitor', { OCF_RESKEY_volume: 'data', OCF_RESKEY_path: '/proc' })).exitCode).toBe(0);
  });

  it('does not start when it cannot know its cloud', async () => {
    const environment = { OCF_RESKEY_volume: 'data', OCF_RESKEY_config_file: '/nonexistent' };
    expect((await run('start', environment)).exitCode).toBe(6);
  });
});
