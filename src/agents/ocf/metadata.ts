import { DEFAULT_CONFIG_FILE } from '../cloud-access.ts';
import { xmlText } from '../xml-text.ts';

export const DEFAULT_VOLUMES_DIRECTORY = '/var/lib/quorate/volumes';
export const DEFAULT_DEVICES_DIRECTORY = '/dev/quorate';

type Parameter = {
  readonly name: string;
  readonly unique?: true;
  readonly required?: true;
  readonly short: string;
  readonly long: string;
  readonly byDefault?: string;
};

type Description = {
  readonly name: string;
  readonly short: string;
  readonly long: string;
  readonly parameters: readonly Parameter[];
  /** What starting and stopping should be given, in seconds; a start may wait for a fencing that is under way. */
  readonly changeTimeoutS: number;
};

const configFile: Parameter = {
  name: 'config_file',
  short: 'Cloud access',
  long: 'Where the cloud is and the credential for it (JSON, readable by root only).',
  byDefault: DEFAULT_CONFIG_FILE,
};

const onlyThisNode = 'Monitoring looks at nothing but this node: an API that is down disturbs no running service.';

export const renderIncusVolumeMetadata = (): string =>
  render({
    name: 'incus-volume',
    short: 'Moves a volume of the local cloud between nodes',
    long: `Attaches a custom volume of the local cloud (Incus) to the node where the resource runs, and detaches it there when it stops, so that at any time one node has it. A volume is taken from another node only when that one is off or was restarted since it got the volume.
${onlyThisNode}`,
    parameters: [
      {
        name: 'volume',
        unique: true,
        required: true,
        short: 'Volume',
        long: 'Name of the custom volume, in the pool of volumes.',
      },
      {
        name: 'path',
        unique: true,
        short: 'Mount point',
        long: `Where the volume appears on this node; ${DEFAULT_VOLUMES_DIRECTORY}/<volume> when not set.`,
      },
      configFile,
    ],
    changeTimeoutS: 60,
  });

export const renderCinderVolumeMetadata = (): string =>
  render({
    name: 'cinder-volume',
    short: 'A Cinder volume as a device of one node',
    long: `Makes a Cinder volume a block device of a fixed name on the node where the resource runs, attached through Nova where it moves. A volume is taken from another server only when that one is off or was fenced since it used the volume. A volume on which nothing at all is found, and whose beginning and end are zeros, gets an ext4 file system; anything else is left as it is.
${onlyThisNode}`,
    parameters: [
      {
        name: 'volume',
        unique: true,
        required: true,
        short: 'Volume',
        long: "Name of the volume. Its id in Cinder stands in this server's metadata as quorate_volume_<volume>.",
      },
      {
        name: 'attach',
        short: 'How it is attached',
        long: 'moving: to the node where the resource runs. shared: to every node, by whoever made them; then the resource is started on one node at a time, and nothing is attached or detached.',
        byDefault: 'moving',
      },
      {
        name: 'device',
        unique: true,
        short: 'Device',
        long: `The link to the device that the resource makes; ${DEFAULT_DEVICES_DIRECTORY}/<volume> when not set.`,
      },
      {
        name: 'server',
        short: 'This server',
        long: "Name of this node's server in Nova; its host name when not set.",
      },
      configFile,
    ],
    changeTimeoutS: 180,
  });

/** Valid by resource-agents' metadata.rng and ra-api-1.dtd. */
function render({ name, short, long, parameters, changeTimeoutS }: Description): string {
  const actions = [
    { name: 'start', timeout: changeTimeoutS },
    { name: 'stop', timeout: changeTimeoutS },
    { name: 'monitor', timeout: 20, interval: 10 },
    { name: 'validate-all', timeout: 20 },
    { name: 'meta-data', timeout: 5 },
  ];
  return `<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="${name}" version="1.0">
<version>1.1</version>
<longdesc lang="en">
${xmlText(long)}
</longdesc>
<shortdesc lang="en">${xmlText(short)}</shortdesc>
<parameters>
${parameters.map(renderParameter).join('\n')}
</parameters>
<actions>
${actions.map(renderAction).join('\n')}
</actions>
</resource-agent>
`;
}

function renderParameter({ name, unique, required, short, long, byDefault }: Parameter): string {
  const fallback = byDefault === undefined ? '' : ` default="${xmlText(byDefault)}"`;
  return `<parameter name="${name}" unique="${unique ? 1 : 0}" required="${required ? 1 : 0}">
<longdesc lang="en">${xmlText(long)}</longdesc>
<shortdesc lang="en">${xmlText(short)}</shortdesc>
<content type="string"${fallback}/>
</parameter>`;
}

function renderAction(action: { name: string; timeout: number; interval?: number }): string {
  const interval = action.interval === undefined ? '' : ` interval="${action.interval}s" depth="0"`;
  return `<action name="${action.name}" timeout="${action.timeout}s"${interval}/>`;
}
