import { everywhere } from './idle-nodes.ts';
import { writeScript } from './node-files.ts';
import { phases, type Way } from './way.ts';

/** Every node gets its files and starts, all at once and none waiting for another; cloud-init does that at a first boot. */
export const quorateWay: Way = {
  name: 'Quorate',
  prepare: async () => undefined,
  form: (nodes) =>
    phases({
      'files and start': () =>
        everywhere(nodes, 'sh -e; systemctl start --no-block corosync pacemaker', writeScript(nodes.files)),
    }),
};
