/** Whose words these are: kube-apiserver v1.36, asked the same. */
import { describe, expect, it } from 'vitest'
import { testServer, type Answer } from '../testing.ts'

const label = (mode: string): string => `pod-security.kubernetes.io/${mode}`

const unsafe =
  'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'

const safe = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

const podOf = (name: string, spec: object = {}, container: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
})

/** A namespace `n` with those labels, and what it makes of a pod. */
async function guarded(labels: Record<string, string>): Promise<{
  readonly call: ReturnType<typeof testServer>['call']
  readonly create: (pod: object) => Promise<Answer>
}> {
  const { call } = testServer()
  const { status } = await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n', labels } } })
  expect(status).toBe(201)
  return { call, create: (body) => call('POST', '/api/v1/namespaces/n/pods', { body }) }
}

describe('pods that a namespace does not let in', () => {
  it.each<[string, string, object, object]>([
    [
      'baseline',
      'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
      {},
      { securityContext: { capabilities: { add: ['NET_ADMIN', 'CHOWN', 'SYS_TIME'] } } },
    ],
    [
      'baseline',
      'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set; role may not be set)',
      { securityContext: { seLinuxOptions: { type: 'x', user: 'u' } } },
      { securityContext: { seLinuxOptions: { role: 'r' } } },
    ],
    [
      'baseline',
      'forbidden sysctls (kernel.msgmax)',
      { securityContext: { sysctls: ['kernel.msgmax', 'net.ipv4.tcp_rmem'].map((name) => ({ name, value: '1' })) } },
      {},
    ],
    [
      'baseline',
      'host namespaces (hostNetwork=true), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
      { securityContext: { windowsOptions: { hostProcess: true } }, hostNetwork: true },
      {},
    ],
    [
      'baseline',
      'probe or lifecycle host (container "c" uses probe or lifecycle hosts "x", "y")',
      {},
      {
        livenessProbe: { httpGet: { port: 80, host: 'x' } },
        lifecycle: { preStop: { tcpSocket: { port: 80, host: 'y' } } },
      },
    ],
    [
      'baseline',
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
      { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
      {},
    ],
    [
      'baseline',
      'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
      {},
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
    ],
    [
      'restricted',
      'runAsUser=0 (container "c" must not set runAsUser=0)',
      {},
      { securityContext: { ...safe, runAsUser: 0 } },
    ],
    [
      'restricted',
      'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
      {},
      { securityContext: { ...safe, runAsNonRoot: false } },
    ],
    [
      'restricted',
      'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
      {},
      { securityContext: { ...safe, capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] } } },
    ],
    [
      'restricted',
      'restricted volume types (volumes "n", "f" use restricted volume types "fc", "nfs")',
      {
        volumes: [
          { name: 'n', nfs: { server: 's', path: '/p' } },
          { name: 'e', emptyDir: {} },
          { name: 'f', fc: { wwids: ['w'] } },
        ],
      },
      { securityContext: safe },
    ],
    [
      'restricted',
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      { os: { name: 'windows' } },
      {},
    ],
    [
      'baseline',
      'host namespaces (hostNetwork=true, hostPID=true), hostPort (container "c" uses hostPort 80), privileged (container "c" must not set securityContext.privileged=true)',
      { hostNetwork: true, hostPID: true },
      { securityContext: { privileged: true }, ports: [{ containerPort: 80, hostPort: 80 }] },
    ],
    ['baseline', 'hostPath volumes (volume "h")', { volumes: [{ name: 'h', hostPath: { path: '/x' } }] }, {}],
  ])('%s: %s', async (level, why, spec, container) => {
    const { create } = await guarded({ [label('enforce')]: level })
    const { status, body } = await create(podOf('a', spec, container))
    expect([status, body.message]).toEqual([
      403,
      `pods "a" is forbidden: violates PodSecurity "${level}:latest": ${why}`,
    ])
  })

  it('restricted is what it was in the version that is asked for', async () => {
    const { create } = await guarded({ [label('enforce')]: 'restricted', [label('enforce-version')]: 'v1.20' })
    const { capabilities: _, ...before } = safe
    expect((await create(podOf('a', {}, { securityContext: before }))).status).toBe(201)
    expect((await create(podOf('b'))).body.message).toContain('violates PodSecurity "restricted:v1.20": allowPriv')
    expect((await create(podOf('b'))).body.message).not.toContain('capabilities')
  })

  it('what a pod becomes counts, its status does not', async () => {
    const { call, create } = await guarded({})
    await create(podOf('a', { hostNetwork: true }))
    await call('PATCH', '/api/v1/namespaces/n', {
      body: { metadata: { labels: { [label('enforce')]: 'baseline' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    const patched = (path: string, body: object): Promise<Answer> =>
      call('PATCH', `/api/v1/namespaces/n/pods/a${path}`, {
        body,
        headers: { 'content-type': 'application/merge-patch+json' },
      })
    expect((await patched('/status', { status: { message: 'x' } })).status).toBe(200)
    expect((await patched('', { metadata: { labels: { a: 'b' } } })).status).toBe(200)
  })
})

describe('warnings', () => {
  const warned = (what: string): string =>
    `299 - ${JSON.stringify(`would violate PodSecurity "restricted:latest": ${what}`)}`

  it('a pod that is let in may be warned of', async () => {
    const { create } = await guarded({ [label('warn')]: 'restricted' })
    expect((await create(podOf('a'))).headers['warning']).toEqual([warned(unsafe)])
    expect((await create(podOf('b', {}, { securityContext: safe }))).headers['warning']).toBeUndefined()
  })

  it('templates are warned of and never refused', async () => {
    const { call } = await guarded({ [label('enforce')]: 'baseline', [label('warn')]: 'restricted' })
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] },
    }
    const body = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
    const { status, headers } = await call('POST', '/apis/apps/v1/namespaces/n/deployments', { body })
    expect([status, headers['warning']]).toEqual([201, [warned(`host namespaces (hostNetwork=true), ${unsafe}`)]])
  })

  it('a level that is raised names the pods that are below it', async () => {
    const { call, create } = await guarded({})
    await create(podOf('one', { hostNetwork: true }))
    await create(podOf('two'))
    const raised = async (level: string): Promise<unknown> => {
      const body = { metadata: { labels: { [label('enforce')]: level } } }
      const headers = { 'content-type': 'application/merge-patch+json' }
      return (await call('PATCH', '/api/v1/namespaces/n', { body, headers })).headers['warning']
    }
    const of = (level: string): string =>
      `299 - ${JSON.stringify(`existing pods in namespace "n" violate the new PodSecurity enforce level "${level}:latest"`)}`
    expect(await raised('baseline')).toEqual([of('baseline'), '299 - "one: host namespaces"'])
    const all = 'allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile'
    expect(await raised('restricted')).toEqual([
      of('restricted'),
      `299 - "one: host namespaces, ${all}"`,
      `299 - "two: ${all}"`,
    ])
    expect(await raised('privileged')).toBeUndefined()
  })
})

it('levels and versions that there are not are refused', async () => {
  const { call } = testServer()
  const labels = { [label('enforce')]: 'strict', [label('warn-version')]: '1.2', [label('audit')]: 'privileged' }
  const { status, body } = await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n', labels } } })
  expect([status, body.message]).toEqual([
    422,
    'Namespace "n" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
  ])
})
