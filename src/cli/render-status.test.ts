import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { balancedView, degradedView, readyView } from './example-views.ts';
import { renderStatus } from './render-status.ts';
import { statusChanges } from './status-changes.ts';
import { colourStyle, noStyle } from './style.ts';

describe('status', () => {
  it('says of a ready deployment who holds what', () => {
    expect(renderStatus(readyView, noStyle).join('\n')).toMatchInlineSnapshot(`
      "billing is ready: every node is online, fencing is armed and every resource runs

      CLUSTER  QUORUM  ONLINE  DC     FENCING
      app      yes     3 of 3  app-1  armed

      NODE   STATE   ADDRESSES              HOLDS
      app-1  online  10.58.0.11 10.58.1.11
      app-2  online  10.58.0.12 10.58.1.12  VIP web, volume data, service www
      app-3  online  10.58.0.13 10.58.1.13

      VIP  INSIDE       OUTSIDE      PORTS  HELD BY
      web  10.58.1.200  172.29.77.8  80     app-2

      VOLUME  SIZE   MOUNT      MOUNTED ON
      data    1 GiB  /srv/data  app-2

      SERVICE  STATE    RUNS ON
      www      started  app-2"
    `);
  });

  it('says who answers behind the load balancers', () => {
    const lines = renderStatus(balancedView, noStyle);
    const at = lines.indexOf('BALANCED  PORT  ANSWER  DO NOT');
    expect(lines[at + 1]).toBe('web       80    app-1   app-2');
  });

  it('names the hosts, and the nodes that would die together', () => {
    const hosts = [
      { host: 'a'.repeat(56), nodes: ['app-1', 'app-3'] },
      { host: 'b'.repeat(56), nodes: ['app-2'] },
    ];
    expect(renderStatus({ ...readyView, hosts }, noStyle).slice(-4)).toEqual([
      '',
      'HOST          NODES',
      'aaaaaaaaaaaa  app-1, app-3 (together)',
      'bbbbbbbbbbbb  app-2',
    ]);
  });

  it('shows failures and fencing of a degraded one', () => {
    expect(renderStatus(degradedView, noStyle).join('\n')).toMatchInlineSnapshot(`
      "billing is degraded: app-2 is unclean

      CLUSTER  QUORUM  ONLINE  DC     FENCING
      app      yes     2 of 3  app-1  armed

      NODE   STATE    ADDRESSES              HOLDS
      app-1  online   10.58.0.11 10.58.1.11
      app-2  unclean  10.58.0.12 10.58.1.12
      app-3  online   10.58.0.13 10.58.1.13  VIP web, volume data, service www

      VIP  INSIDE       OUTSIDE      PORTS  HELD BY
      web  10.58.1.200  172.29.77.8  80     app-3

      VOLUME  SIZE   MOUNT      MOUNTED ON
      data    1 GiB  /srv/data  nobody

      SERVICE  STATE    RUNS ON
      www      started  app-3

      FAILED       NODE   REASON
      www_start_0  app-3  Timed Out

      FENCED  ACTION  RESULT   AT
      app-2   reboot  pending"
    `);
  });

  it('is the same text with colours and without', () => {
    const coloured = renderStatus(degradedView, colourStyle).join('\n');
    expect(stripVTControlCharacters(coloured)).not.toBe(coloured);
    expect(stripVTControlCharacters(coloured)).toBe(renderStatus(degradedView, noStyle).join('\n'));
  });

  it('tells every change between two looks, and nothing else', () => {
    expect(statusChanges(readyView, readyView)).toEqual([]);
    expect(statusChanges(readyView, degradedView)).toMatchInlineSnapshot(`
      [
        "billing is degraded: app-2 is unclean",
        "node app-2: online -> unclean",
        "VIP web: app-2 -> app-3",
        "volume data: app-2 -> nobody",
        "service www: started app-2 -> started app-3",
        "fencing of app-2: reboot pending",
      ]
    `);
  });
});
