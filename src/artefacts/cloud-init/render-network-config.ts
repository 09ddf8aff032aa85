/**
 * A node -> cloud-init network configuration, version 2: static addresses only, since a DHCP renewal on
 * corosync's link can cost a membership. Interfaces are eth0, eth1, ... in the order of the addresses.
 * Follows cloud-init's "Networking Config Version 2".
 */
import { stringify } from 'yaml';
import type { Network, Node } from '../../topology/topology.ts';

export function renderNetworkConfig(node: Node, networks: readonly Network[]): string {
  const exit = node.addresses.find(({ network }) => networks.find(({ name }) => name === network)?.routed === true);
  const ethernets = Object.fromEntries(
    node.addresses.map(({ network, address, prefix }, index) => {
      const gateway = networks.find(({ name }) => name === network)?.gateway;
      // Not `default`: cloud-init 25.1 takes that by its schema and then fails to render it for networkd.
      const routes =
        exit?.network === network && gateway !== undefined ? [{ to: '0.0.0.0/0', via: gateway }] : undefined;
      return [
        `eth${index}`,
        {
          dhcp4: false,
          dhcp6: false,
          'link-local': [],
          addresses: [`${address}/${prefix}`],
          ...(routes === undefined ? {} : { routes }),
        },
      ];
    }),
  );
  return stringify({ version: 2, ethernets });
}
