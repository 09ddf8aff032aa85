import { readIncus } from './incus.ts';

type Network = { readonly name: string; readonly managed: boolean; readonly config: Readonly<Record<string, string>> };

/** An address of the external network that no forward has, from its upper end: `auto` takes from the lower. */
export async function freeOutsideAddress(): Promise<string> {
  const networks = await readIncus<Network[]>('/1.0/networks?recursion=1');
  // `quorate-out`, or `qout-` and a digest where the state directory is not the default one.
  const external = networks?.find(({ name, managed }) => managed && /^(quorate-out|qout-[0-9a-f]+)$/.test(name));
  const host = external?.config['ipv4.address']?.split('/')[0];
  if (host === undefined) throw new Error('the local cloud has no external network');
  const taken = await takenOutsideAddresses();
  for (let last = 250; last > 200; last -= 1) {
    const address = host.replace(/\d+$/, String(last));
    if (!taken.includes(address)) return address;
  }
  throw new Error('no outside address is free');
}

/** Every address that a forward listens on, of whatever deployment. */
export async function takenOutsideAddresses(): Promise<readonly string[]> {
  const given = await readIncus<{ addresses: string; type: string }[]>('/1.0/network-allocations?all-projects=true');
  return (given ?? [])
    .filter(({ type }) => type === 'network-forward')
    .map(({ addresses }) => addresses.replace(/\/.*/, ''));
}
