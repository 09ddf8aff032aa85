import { expect, test } from 'vitest';
import { parseRoutes } from './host-facts.ts';

const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
quorate-out\t004D1DAC\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
wg0\t0000400A\t00000000\t0001\t0\t0\t0\t0000C0FF\t0\t0\t0
host0\t0200000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;

test('the kernel’s routes are read, without the default one, which covers everything and clashes with nothing', () => {
  expect(parseRoutes(table)).toEqual([
    { device: 'quorate-out', cidr: { base: 0xac1d4d00, prefix: 29 } },
    { device: 'wg0', cidr: { base: 0x0a400000, prefix: 10 } },
    { device: 'host0', cidr: { base: 0x0a000002, prefix: 32 } },
  ]);
});
