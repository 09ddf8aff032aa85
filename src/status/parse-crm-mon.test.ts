/** `recorded/` holds what crm_mon 3.0.0 printed on a three-node cluster with a clone, a promotable clone and a unit that does not exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCrmMon } from './parse-crm-mon.ts';

const recorded = (name: string) =>
  parseCrmMon(readFileSync(join(import.meta.dirname, 'recorded', `${name}.xml`), 'utf8'));

describe('parseCrmMon', () => {
  it('knows where clones run, where one is promoted, and what does not start and why', () => {
    const said = recorded('promotable-and-broken');
    const resource = (id: string) => said?.resources.find((each) => each.id === id);
    expect(said).toMatchObject({ quorate: true, dc: 'app-3', fencingEnabled: true });
    expect(resource('www-clone')).toMatchObject({ agent: 'systemd:nginx', state: 'started', promotedOn: [] });
    expect(resource('www-clone')?.nodes.toSorted()).toEqual(['app-1', 'app-2', 'app-3']);
    expect(resource('state-clone')).toMatchObject({ agent: 'ocf:pacemaker:Stateful', promotedOn: ['app-2'] });
    expect(resource('state-clone')?.nodes).toHaveLength(3);
    expect(resource('broken')).toMatchObject({ state: 'stopped', nodes: [] });
    expect(said?.failures).toContainEqual({
      what: 'broken_start_0',
      node: 'app-1',
      reason: 'systemd unit nosuch not found',
    });
  });

  it('tells the member that is to be fenced', () => {
    const said = recorded('member-to-be-fenced');
    expect([...(said?.nodes ?? [])].filter(([, { unclean }]) => unclean).map(([name]) => name)).toEqual(['app-2']);
  });

  it('remembers who was fenced, and that he is back', () => {
    const said = recorded('after-fencing');
    expect(said?.fencingHistory).toMatchObject([{ target: 'app-2', action: 'reboot', state: 'success' }]);
    expect(said?.nodes.get('app-2')).toMatchObject({ online: true, unclean: false });
  });

  it('tells a partition without quorum', () => {
    expect(recorded('no-quorum')).toMatchObject({ quorate: false });
  });

  it.each(['', 'no xml', '<html/>', '<pacemaker-result><status code="102"/></pacemaker-result>'])(
    'makes nothing of %j',
    (text) => {
      expect(parseCrmMon(text)).toBeUndefined();
    },
  );
});
