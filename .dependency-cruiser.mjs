// Which folder may import which: the tree is the pipeline, and imports go downwards only.
//   kernel < spec < topology < artefacts, status < plan < clouds < engine < commands < cli, service < main
// The agents run elsewhere and have a rule of their own; only main, which builds them, knows them.
// Rules are generated from this list, so adding a folder is one line here.
const layers = [
  ['kernel'],
  ['spec'],
  ['topology'],
  ['artefacts', 'status'],
  ['plan'],
  ['clouds'],
  ['engine'],
  ['commands'],
  ['cli', 'service', 'agents'],
  ['main'],
];

const inside = (folders) => `^src/(${folders.join('|')})/`;
const tests = '(\\.(test|contract)|-test-kit|/valid-specs)\\.ts$';
const pure = inside(layers.slice(0, 5).flat());

const downwardsOnly = layers.flatMap((folders, level) =>
  folders
    .filter((folder) => folder !== 'agents')
    .map((folder) => ({
      name: `${folder}-imports-downwards-only`,
      comment:
        `src/${folder} may import itself and ${level === 0 ? 'nothing else' : `what lies below it (${layers.slice(0, level).flat().join(', ')})`}: ` +
        'whoever reads a layer needs to know only the layers under it.',
      severity: 'error',
      from: { path: inside([folder]) },
      to: { path: '^src/', pathNot: inside([...layers.slice(0, level).flat(), folder]) },
    })),
);

const apart = ['artefacts', 'clouds'].map((folder) => ({
  name: `${folder}-do-not-know-each-other`,
  comment: `Each folder of src/${folder} can be read, tested and removed alone; what two of them share belongs to a layer below, and what joins them to a file of src/${folder} itself.`,
  severity: 'error',
  from: { path: `^src/${folder}/([^/]+)/` },
  to: { path: `^src/${folder}/[^/]+/`, pathNot: `^src/${folder}/$1/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...downwardsOnly,
    ...apart,
    {
      name: 'no-cycles',
      comment:
        'Files that import each other are one file in disguise: neither can be understood, tested or moved alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-folders-do-no-io',
      comment:
        'kernel, spec, topology, artefacts, status and plan are functions of their arguments: no files, network, clock or ' +
        'randomness, so the same input gives the same cluster and tests need no machine. Time and ids arrive as arguments. ' +
        'From node:crypto oxlint lets only createHash through: hashing is pure, and so is compressing (node:zlib).',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
    {
      name: 'pure-folders-use-pure-packages',
      comment:
        'Only packages that compute: yaml and zod (texts), libxml2-wasm (XML). Anything else could do I/O behind our back.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { path: 'node_modules/', pathNot: 'node_modules/(yaml|zod|libxml2-wasm)/' },
    },
    {
      name: 'engine-knows-only-the-port',
      comment:
        'A new cloud must need no change in the engine: it works through src/clouds/cloud.ts, and main hands it the real one.',
      severity: 'error',
      from: { path: inside(['engine']), pathNot: tests },
      to: { path: '^src/clouds/[^/]+/' },
    },
    {
      name: 'shells-call-only-commands',
      comment:
        'The CLI and the service must do the same thing for the same request, so both call src/commands and nothing ' +
        'deeper. The kernel, and types to draw from, are free.',
      severity: 'error',
      from: { path: inside(['cli', 'service']), pathNot: tests },
      to: {
        path: '^src/',
        pathNot: inside(['kernel', 'commands', 'cli', 'service']),
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'agents-carry-little',
      comment:
        'What runs on a node is one small bundle: the kernel, the clouds’ API clients and what it agrees on with the ' +
        'controller (node-rules), none of the controller itself.',
      severity: 'error',
      from: { path: inside(['agents']), pathNot: tests },
      to: { path: '^src/', pathNot: '^src/(agents/|kernel/|clouds/[^/]+/((incus|client)/|node-rules\\.ts$))' },
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'What a test needs is not shipped.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^test/', tests] },
    },
    {
      name: 'product-needs-no-dev-dependency',
      comment:
        'Packages that only developers install are missing where Quorate is installed. The agents’ bundler runs at build time.',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/agents/build\\.ts$'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'packages-are-declared',
      comment: 'A package that works only because another one happens to bring it breaks with that one’s next release.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'imports-resolve',
      comment: 'Node.js would fail at the moment it gets there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
