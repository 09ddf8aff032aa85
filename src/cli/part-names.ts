import type { Part } from '../commands/progress.ts';

/** What the parts of long work are called in front of people. */
export const partNames: Readonly<Record<Part, string>> = {
  host: 'this machine',
  image: 'node image',
  upload: 'upload',
  ground: 'networks, volumes',
  boot: 'nodes',
  cluster: 'cluster',
  removal: 'removal',
};
