import { expect, test } from 'vitest';
import { localCloudSettings, outsideRange } from './settings.ts';

test('the first eight addresses of the external network are the host’s, the last is the broadcast address', () => {
  const settings = localCloudSettings('172.29.77.0/24', 'quorate');
  expect(settings.outside).toEqual({ first: '172.29.77.8', last: '172.29.77.254' });
  const { first, last } = outsideRange(settings);
  expect(last - first + 1).toBe(247);
});

test('an external network too small to have addresses for VIPs is a mistake of the caller', () => {
  expect(() => localCloudSettings('172.29.77.0/29', 'quorate')).toThrow(/at least 16 addresses/);
});
