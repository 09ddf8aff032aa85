import { expect, test } from 'vitest';
import { bridgeName } from './names.ts';
import { isTraceOf } from './traces.ts';

test("files that Incus named after a deployment's instances and bridges are its traces", () => {
  const bridge = bridgeName('shop', 'services');
  const names = ['quorate-shop_app-1', 'incus-quorate-shop_app-1', `dnsmasq.${bridge}.log`, `incus_dnsmasq-${bridge}`];
  expect(names.filter((name) => isTraceOf('shop', name))).toEqual(names);
});

test('files of another deployment are not, even when its name begins alike', () => {
  const names = ['quorate-shop-two_app-1', 'incus-quorate-shop-two_app-1', 'seccomp.socket', 'dnsmasq.quorate-out.log'];
  expect(names.filter((name) => isTraceOf('shop', name))).toEqual([]);
});
