/** The architecture as rules; each says why. */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'workflows-are-deterministic',
      comment:
        'Workflow code runs in a sandbox and is replayed: it knows Temporal, and the types of the activities.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot:
          '^(workflows/|activities/contract\\.ts$|node_modules/@temporalio/(workflow|common)/)',
      },
    },
    {
      name: 'workflows-see-types-only',
      comment: 'A value import would drag effects into the sandbox.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'contract-imports-nothing',
      comment: 'The contract is what both sides agree on; it must not pull either side in.',
      severity: 'error',
      from: { path: '^activities/contract\\.ts$' },
      to: {},
    },
    {
      name: 'stages-are-apart',
      comment:
        'A stage hands on small values through the workflow; what it needs of another it is given by activities/index.ts.',
      severity: 'error',
      from: { path: '^activities/(fetch|render|apply|health|prune|status)/' },
      to: {
        path: '^activities/(fetch|render|apply|health|prune|status)/',
        pathNot: '^activities/$1/',
      },
    },
    {
      name: 'cluster-owns-client-node',
      comment: 'One place knows how a cluster is reached.',
      severity: 'error',
      from: { pathNot: '^activities/cluster/' },
      to: { path: 'node_modules/@kubernetes/client-node' },
    },
    {
      name: 'ssh-owns-ssh2',
      comment: 'One place speaks SSH; the server is one of the tests.',
      severity: 'error',
      from: { pathNot: '^(activities/fetch/ssh|test/support)/' },
      to: { path: 'node_modules/ssh2' },
    },
    {
      name: 'activities-know-no-caller',
      comment: 'Activities are called by name; they know neither workflows nor processes.',
      severity: 'error',
      from: { path: '^activities/' },
      to: { path: '^(workflows|worker|client|deploy)/' },
    },
    {
      name: 'api-is-a-leaf',
      comment: 'The schemas describe the API and know nothing of what is done with it.',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^(workflows|activities|worker|client|deploy)/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'What production needs does not live in test/; a benchmark is one.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
