import { describe, expect, it } from 'vitest';
import { ATTACHED_AT_KEY, type Device, holderOf, type IncusInstance, reasonToLeave } from './volume-holder.ts';

const STARTED = '2026-01-02T03:04:05.000000001Z';
const EARLIER = '2026-01-02T03:00:00.000Z';
const LATER = '2026-01-02T03:10:00.000Z';

const instance = (statusCode: number, device: Device): IncusInstance => ({
  name: 'app-2',
  status: String(statusCode),
  status_code: statusCode,
  last_used_at: STARTED,
  devices: { eth0: { type: 'nic' }, 'volume-data': { type: 'disk', pool: 'quorate', source: 'data', ...device } },
  expanded_devices: {},
});

const reason = (statusCode: number, device: Device) => {
  const holder = holderOf(instance(statusCode, device), 'quorate', 'data');
  return holder === undefined ? 'no holder' : reasonToLeave(holder);
};

describe('reasonToLeave', () => {
  it('lets a volume be taken from a node that is off', () => {
    expect(reason(102, { [ATTACHED_AT_KEY]: LATER })).toBeUndefined();
  });

  it('lets a volume be taken from a node that was started again since it got the volume', () => {
    expect(reason(103, { [ATTACHED_AT_KEY]: EARLIER })).toBeUndefined();
  });

  it('leaves the volume with a node that has run on since, whatever Incus would allow', () => {
    expect(reason(103, { [ATTACHED_AT_KEY]: LATER })).toContain('app-2');
    expect(reason(110, { [ATTACHED_AT_KEY]: LATER })).toContain('app-2');
    expect(reason(112, { [ATTACHED_AT_KEY]: LATER })).toContain('app-2');
  });

  it('leaves the volume when nothing tells since when a running node has it', () => {
    expect(reason(103, {})).toContain('not by this agent');
    expect(reason(103, { [ATTACHED_AT_KEY]: 'yesterday' })).toContain('not by this agent');
  });
});

describe('holderOf', () => {
  it('knows the volume by pool and source, not by the name of the device', () => {
    expect(holderOf(instance(103, {}), 'quorate', 'data')?.device).toBe('volume-data');
    expect(holderOf(instance(103, { pool: 'other' }), 'quorate', 'data')).toBeUndefined();
    expect(holderOf(instance(103, { source: 'dat' }), 'quorate', 'data')).toBeUndefined();
  });
});
