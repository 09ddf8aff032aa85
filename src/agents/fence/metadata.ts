import { DEFAULT_CONFIG_FILE } from '../cloud-access.ts';
import { xmlText } from '../xml-text.ts';
import { DEFAULT_POWER_TIMEOUT_S, DEFAULT_SHELL_TIMEOUT_S } from './options.ts';

type Parameter = {
  readonly name: string;
  readonly required?: true;
  readonly obsoletes?: string;
  readonly getopt: string;
  readonly content: 'string' | 'second' | 'boolean';
  readonly byDefault?: string;
  readonly about: string;
};

const PARAMETERS: readonly Parameter[] = [
  {
    name: 'action',
    required: true,
    getopt: '-o, --action=[action]',
    content: 'string',
    byDefault: 'reboot',
    about: 'Fencing action',
  },
  // Not required: Pacemaker fills it in from pcmk_host_map, pcmk_host_list or the list action.
  {
    name: 'plug',
    obsoletes: 'port',
    getopt: '-n, --plug=[name]',
    content: 'string',
    about: "The node's name in its cloud",
  },
  {
    name: 'config_file',
    getopt: '--config-file=[file]',
    content: 'string',
    byDefault: DEFAULT_CONFIG_FILE,
    about: 'Where the cloud is and the credential for it (JSON, readable by root only)',
  },
  {
    name: 'power_timeout',
    getopt: '--power-timeout=[seconds]',
    content: 'second',
    byDefault: String(DEFAULT_POWER_TIMEOUT_S),
    about: 'Longest time for on, off and reboot, retries included',
  },
  {
    name: 'shell_timeout',
    getopt: '--shell-timeout=[seconds]',
    content: 'second',
    byDefault: String(DEFAULT_SHELL_TIMEOUT_S),
    about: 'Longest time for every other action, retries included',
  },
  { name: 'verbose', getopt: '-v, --verbose', content: 'boolean', about: 'Say on standard error what is done' },
];

// Without on_target and automatic an action is one that any member may run; "on" is not for unfencing.
const ACTIONS = ['on', 'off', 'reboot', 'status', 'monitor', 'list', 'list-status', 'metadata', 'validate-all'];

/** Valid by fence-agents' lib/metadata.rng; `plug` in it is how Pacemaker knows what to call its target. */
export function renderFenceMetadata(): string {
  return `<?xml version="1.0" ?>
<resource-agent name="fence_quorate" shortdesc="Fence agent for nodes that Quorate made" >
<longdesc>fence_quorate switches the nodes of one Quorate deployment off and on through the API of the cloud they live in, with a credential that reaches no further than this deployment. A node counts as off only when the cloud, asked afterwards, says so.</longdesc>
<vendor-url></vendor-url>
<parameters>
${PARAMETERS.map(renderParameter).join('\n')}
</parameters>
<actions>
${ACTIONS.map((name) => `\t<action name="${name}"${name === 'on' ? ' automatic="0"' : ''} />`).join('\n')}
</actions>
</resource-agent>
`;
}

function renderParameter({ name, required, obsoletes, getopt, content, byDefault, about }: Parameter): string {
  const replaced = obsoletes === undefined ? '' : ` obsoletes="${obsoletes}"`;
  const fallback = byDefault === undefined ? '' : ` default="${xmlText(byDefault)}"`;
  return `\t<parameter name="${name}" unique="0" required="${required ? 1 : 0}"${replaced}>
\t\t<getopt mixed="${xmlText(getopt)}" />
\t\t<content type="${content}"${fallback} />
\t\t<shortdesc lang="en">${xmlText(about)}</shortdesc>
\t</parameter>`;
}
