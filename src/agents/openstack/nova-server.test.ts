import { describe, expect, it } from 'vitest';
import { fencedKey, isOff, type NovaServer, powerOf, reasonToKeep, serverOf, stepToOff } from './nova-server.ts';

const server = (status: string, more: Partial<NovaServer> = {}): NovaServer => ({
  id: 'id',
  name: 'app-2',
  status,
  task: undefined,
  powerState: 1,
  hostId: 'host',
  metadata: {},
  volumeIds: ['v'],
  ...more,
});

describe('isOff', () => {
  it.each([
    ['a stopped server', server('SHUTOFF', { powerState: 4 })],
    ['a stopped one whose guest the hypervisor no longer knows', server('SHUTOFF', { powerState: 0 })],
    ['a shelved one', server('SHELVED', { powerState: 4 })],
    ['one without a host', server('SHELVED_OFFLOADED', { powerState: 4, hostId: '' })],
    ['one that no host could take', server('ERROR', { powerState: 0, hostId: '' })],
  ])('holds for %s', (_, seen) => {
    expect(isOff(seen)).toBe(true);
    expect(powerOf(seen)).toBe('off');
    expect(stepToOff(seen, 0)).toBe('done');
  });

  it.each([
    ['one that Nova has not finished with', server('SHUTOFF', { powerState: 4, task: 'powering-on' })],
    ['one that Nova calls stopped and the hypervisor running', server('SHUTOFF')],
    ['one that the hypervisor saw off and Nova does not', server('ACTIVE', { powerState: 4 })],
    ['a failed one on a host', server('ERROR', { powerState: 4 })],
    ['one that is being built', server('BUILD', { powerState: 0, hostId: '', task: 'scheduling' })],
    ['an answer without power state', serverOf({ id: 'id', name: 'app-2', status: 'SHUTOFF' })],
  ])('does not hold for %s', (_, seen) => {
    expect(isOff(seen)).toBe(false);
    expect(powerOf(seen)).not.toBe('off');
    expect(stepToOff(seen, 0)).not.toBe('done');
  });
});

describe('stepToOff', () => {
  it('stops what Nova lets be stopped, and reboots hard what it does not', () => {
    expect(['ACTIVE', 'ERROR'].map((status) => stepToOff(server(status), 0))).toEqual(['os-stop', 'os-stop']);
    const reboots = ['PAUSED', 'SUSPENDED', 'SHUTOFF'].map((status) => stepToOff(server(status, { powerState: 3 }), 0));
    expect(reboots).toEqual(['reboot', 'reboot', 'reboot']);
  });

  it('waits for what Nova is doing, but breaks into what hangs in the guest', () => {
    const busy = (task: string) => server('ACTIVE', { task });
    expect(stepToOff(busy('suspending'), 0)).toBe('wait');
    expect(stepToOff(busy('suspending'), 60_000)).toBe('reboot');
    for (const task of ['powering-off', 'image_snapshot', 'migrating', 'deleting', 'rebooting_hard'])
      expect(stepToOff(busy(task), 60_000)).toBe('wait');
  });

  it('leaves what a person is doing to that person', () => {
    for (const status of ['RESCUE', 'VERIFY_RESIZE']) expect(stepToOff(server(status), 0)).toBe('beyond-us');
  });
});

describe('reasonToKeep', () => {
  it('lets a volume be taken from a server that is off, or was since it used it', () => {
    expect(reasonToKeep(server('SHUTOFF', { powerState: 4 }), 'v')).toBeUndefined();
    expect(reasonToKeep(server('ACTIVE', { metadata: { [fencedKey('v')]: 'yes' } }), 'v')).toBeUndefined();
  });

  it('leaves it with one that runs on, whatever was noted of other volumes', () => {
    expect(reasonToKeep(server('ACTIVE'), 'v')).toContain('app-2');
    expect(reasonToKeep(server('PAUSED', { powerState: 3 }), 'v')).toContain('PAUSED');
    expect(reasonToKeep(server('ERROR'), 'v')).toContain('ERROR');
    expect(reasonToKeep(server('ACTIVE', { metadata: { [fencedKey('w')]: 'yes' } }), 'v')).toContain('app-2');
  });
});
