/** Flags of Flux's controllers that switch nothing here, each with the reason: the arguments of a Deployment can be kept. */
const idleFlags: Readonly<Record<string, string>> = {
  '--enable-leader-election': 'replicas share their work through Temporal and need no leader',
  '--leader-election-lease-duration': 'there is no leader',
  '--leader-election-release-on-cancel': 'there is no leader',
  '--leader-election-renew-deadline': 'there is no leader',
  '--leader-election-retry-period': 'there is no leader',
  '--events-addr': 'events are recorded in Kubernetes',
  '--kube-api-qps': 'requests are limited by their number in flight, see --concurrent-ssa',
  '--kube-api-burst': 'requests are limited by their number in flight, see --concurrent-ssa',
  '--graceful-shutdown-timeout': 'what a worker leaves behind another one takes over',
  '--export-http-path-metrics': 'the path of a Receiver is a secret, and in no metric',
  '--storage-path': 'artifacts lie in the cache directory, see --cache-dir',
};

/** Flags that the bridge acts on. */
const bridgeFlags = [
  '--receiverAddr',
  '--watch-label-selector',
  '--watch-all-namespaces',
  '--watch-configs-label-selector',
];

/** Flags that the worker acts on. */
const workerFlags = [
  '--artifact-retention-records',
  '--artifact-retention-ttl',
  '--concurrent',
  '--concurrent-ssa',
  '--custom-apply-stage-kinds',
  '--default-service-account',
  '--http-retry',
  '--insecure-kubeconfig-exec',
  '--interval-jitter-percentage',
  '--max-retry-delay',
  '--min-retry-delay',
  '--no-remote-bases',
  '--override-manager',
  '--requeue-dependency',
  '--sops-age-secret',
  '--ssh-hostkey-algos',
  '--ssh-kex-algos',
  '--storage-addr',
  '--storage-adv-addr',
];

/** What the worker takes and does not act on. */
export const idleOnWorker = { ...idleFlags, ...told(bridgeFlags, 'the bridge acts on it') };

/** What the bridge takes and does not act on. */
export const idleOnBridge = { ...idleFlags, ...told(workerFlags, 'the worker acts on it') };

function told(flags: readonly string[], why: string): Record<string, string> {
  return Object.fromEntries(flags.map((flag) => [flag, why]));
}
