/**
 * A role's remote nodes -> their connections (a resource each, run by a member), and the attribute by which one
 * rule finds all nodes of a role. Follows "Pacemaker Remote" (3.0), Connection Resources for Remote Nodes.
 */
import type { XmlElement } from 'libxml2-wasm';
import type { Cluster, Node } from '../../topology/topology.ts';
import type { Primitive } from './primitive.ts';
import { append, appendPairs } from './xml.ts';

export const roleAttribute = 'quorate-role';

/** Our own set of a node's attributes; another one holds standby and the like. */
export const ownAttributes = (node: string): string => `${node}-quorate`;

/** A remote node is listed before it is ever seen: an attribute that came with its first connection would come too late. */
export function appendRemoteNodes(parent: XmlElement, { remotes }: Cluster): void {
  for (const { name, tier } of remotes) {
    const node = append(parent, 'node', { id: name, uname: name, type: 'remote' });
    appendPairs(node, 'instance_attributes', ownAttributes(name), { [roleAttribute]: tier });
  }
}

/**
 * The resource's id is the node's name, so the fence device reaches it as it reaches a member. No `<template>`
 * for what all have in common: Pacemaker looks for `type="remote"` before it expands templates.
 */
export function remoteConnection({ heartbeat }: Cluster, node: Node): Primitive {
  return {
    id: node.name,
    agent: { class: 'ocf', provider: 'pacemaker', type: 'remote' },
    params: {
      // Not its name: members that were up before it came do not have that in /etc/hosts.
      server: node.addresses.find(({ network }) => network === heartbeat)?.address,
      // A node that stays dead costs the cluster one attempt a minute.
      reconnect_interval: '60s',
    },
    operations: [
      // A remote node that died together with the member that was connected to it is fenced only when the next member
      // has tried so long; one that still boots is tried by one member after the other.
      { name: 'start', timeout: '20s' },
      // A connection that breaks is noticed at once; this is for a node that falls silent.
      { name: 'monitor', interval: '20s', timeout: '30s' },
    ],
    // A start that failed is fatal to Pacemaker; a member tries again after this.
    meta: { 'failure-timeout': '60s' },
  };
}
