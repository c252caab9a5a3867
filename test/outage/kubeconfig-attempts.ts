import { forbidden, type Attempt, type Places } from './attempts.ts';

/** What can be tried by a kubeconfig: its cluster and its user; `own` is the user that the tenant may have on the remote cluster. */
export function kubeconfigs(
  { other, inner }: Places,
  servers: Record<'home' | 'remote', Record<string, string>>,
  own: object,
): (Attempt & { cluster: object; user: object })[] {
  const refused = /^ReconciliationFailed: .*commands, plugins and files are not run or read here/;
  const { home, remote } = servers;
  const address = { server: remote['server'] };
  return [
    {
      title: 'a kubeconfig with a command',
      cluster: home,
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: '/bin/sh',
          args: ['-c', 'touch /tmp/owned'],
        },
      },
      expected: refused,
    },
    {
      title: 'a kubeconfig with a plugin',
      cluster: home,
      user: { 'auth-provider': { name: 'gcp' } },
      expected: refused,
    },
    {
      title: 'a kubeconfig with a token file',
      cluster: home,
      user: { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
      expected: refused,
    },
    {
      title: 'a kubeconfig with certificate files',
      cluster: home,
      user: { 'client-certificate': '/c', 'client-key': '/k' },
      expected: refused,
    },
    {
      title: 'a kubeconfig without credentials for the home cluster',
      cluster: home,
      user: {},
      expected: refused,
    },
    {
      title: 'a kubeconfig with a file of authorities',
      cluster: { ...address, 'certificate-authority': '/etc/passwd' },
      user: own,
      expected: /names a file/,
    },
    {
      title: 'a kubeconfig without verification',
      cluster: { ...address, 'insecure-skip-tls-verify': true },
      user: own,
      expected: /unable to verify|self-signed|certificate/,
    },
    {
      title: 'a kubeconfig with a proxy',
      cluster: { ...remote, 'proxy-url': inner },
      user: own,
      expected: /proxy-url is not supported/,
    },
    {
      title: 'a kubeconfig for an inner address',
      cluster: { server: inner },
      user: own,
      expected: /^ReconciliationFailed: /,
    },
    {
      title: "the remote cluster's token on the home cluster",
      cluster: home,
      user: own,
      expected: /Unauthorized/,
    },
    {
      title: "b's namespace on the remote cluster",
      cluster: remote,
      user: own,
      spec: { targetNamespace: other },
      expected: forbidden,
    },
  ];
}
