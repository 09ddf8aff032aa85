"""Makes the users, endpoints, networks, flavors and images of the test cloud.

Every step looks first and makes only what is missing, so a second run is a
check.  One process and one token: the command line client would start a
Python for every call.
"""
import os
import sys
import time

from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3

IP, PW = os.environ['AIO_IP'], os.environ['AIO_PW']
REAL, FAKES = os.environ['AIO_REAL'] == '1', int(os.environ['AIO_FAKES'])
OCTAVIA = os.environ['AIO_OCTAVIA'] == '1'
CIDR, HOST = os.environ['AIO_CIDR'], os.environ['AIO_HOST']
REGION = 'RegionOne'

SERVICES = [
    ('nova', 'compute', 'http://%s:8774/v2.1'),
    ('placement', 'placement', 'http://%s:8778'),
    ('glance', 'image', 'http://%s:9292'),
    ('neutron', 'network', 'http://%s:9696'),
    ('cinderv3', 'volumev3', 'http://%s:8776/v3/%%(project_id)s'),
    ('cinder', 'block-storage', 'http://%s:8776/v3/%%(project_id)s'),
    ('heat', 'orchestration', 'http://%s:8004/v1/%%(project_id)s'),
    ('heat-cfn', 'cloudformation', 'http://%s:8000/v1'),
]
if OCTAVIA:
    SERVICES.append(('octavia', 'load-balancer', 'http://%s:9876'))

auth = v3.Password('http://%s:5000/v3' % IP, username='admin', password=PW,
                   project_name='admin', user_domain_name='Default',
                   project_domain_name='Default')
s = session.Session(auth, timeout=120)
KS = {'service_type': 'identity', 'interface': 'public'}


def ep(kind):
    return {'service_type': kind, 'interface': 'public', 'region_name': REGION}


def get(path, kind, **kw):
    return s.get(path, endpoint_filter=ep(kind), **kw).json()


def post(path, kind, body, **kw):
    return s.post(path, endpoint_filter=ep(kind), json=body, **kw)


def ensure(kind, plural, single, body, path=None, match=('name',)):
    """The object of this name, made if it is not there."""
    path = path or '/' + plural
    for o in get(path, kind)[plural]:
        if all(o.get(k) == body[k] for k in match):
            return o
    return post(path, kind, {single: body}).json()[single]


def identity():
    def role(name):
        return ensure('identity', 'roles', 'role', {'name': name})['id']

    def grant(project, user, r):
        s.put('/projects/%s/users/%s/roles/%s' % (project, user, r), endpoint_filter=ep('identity'))

    admin, service = role('admin'), role('service')
    for name in ('heat_stack_owner', 'heat_stack_user', 'load-balancer_member'):
        role(name)
    project = ensure('identity', 'projects', 'project',
                     {'name': 'service', 'domain_id': 'default'}, match=('name', 'domain_id'))['id']
    names = ['nova', 'placement', 'glance', 'neutron', 'cinder', 'heat'] + (['octavia'] if OCTAVIA else [])
    for name in names:
        u = ensure('identity', 'users', 'user',
                   {'name': name, 'password': PW, 'domain_id': 'default'}, match=('name', 'domain_id'))['id']
        grant(project, u, admin)
        grant(project, u, service)
    # Heat keeps the users of its stacks in a domain of their own.
    dom = ensure('identity', 'domains', 'domain', {'name': 'heat'})['id']
    adm = ensure('identity', 'users', 'user',
                 {'name': 'heat_domain_admin', 'password': PW, 'domain_id': dom}, match=('name', 'domain_id'))['id']
    s.put('/domains/%s/users/%s/roles/%s' % (dom, adm, admin), endpoint_filter=ep('identity'))
    services = {x['type']: x['id'] for x in get('/services', 'identity')['services']}
    ends = get('/endpoints', 'identity')['endpoints']
    for name, kind, url in SERVICES:
        sid = services.get(kind) or post('/services', 'identity', {'service': {'name': name, 'type': kind}}).json()['service']['id']
        for i in ('public', 'internal', 'admin'):
            if not [e for e in ends if e['service_id'] == sid and e['interface'] == i]:
                post('/endpoints', 'identity', {'endpoint': {
                    'service_id': sid, 'interface': i, 'region_id': REGION, 'url': url % IP}})


def ready(limit=300):
    """Waits until every service answers and every agent reports."""
    end = time.time() + limit

    def compute():
        up = {(x['binary'], x['host']) for x in get('/os-services', 'compute')['services'] if x['state'] == 'up'}
        want = {'nova-scheduler', 'nova-conductor'} - {b for b, _ in up}
        hosts = ([HOST] if REAL else []) + ['fake%d' % n for n in range(1, FAKES + 1)]
        return want | {h for h in hosts if ('nova-compute', h) not in up}

    def hypervisors():
        have = {x['hypervisor_hostname'] for x in get('/os-hypervisors', 'compute')['hypervisors']}
        return set() if len(have) >= FAKES + (1 if REAL else 0) else {'have %s' % have}

    def network():
        agents = get('/v2.0/agents', 'network')['agents']
        want = {'neutron-linuxbridge-agent', 'neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent'}
        return (want if REAL else set()) - {a['binary'] for a in agents if a['alive'] and a['host'] == HOST}

    def volume():
        up = {x['binary'] for x in get('/os-services', 'volumev3')['services'] if x['state'] == 'up'}
        return {'cinder-scheduler', 'cinder-volume'} - up

    def orchestration():
        up = [x for x in get('/services', 'orchestration')['services'] if x['status'] == 'up']
        return set() if up else {'heat-engine'}

    def image():
        get('/v2/images', 'image')
        return set()

    def balancer():
        get('/v2/lbaas/providers', 'load-balancer')
        return set()

    checks = [compute, hypervisors, network, volume, orchestration, image] + ([balancer] if OCTAVIA else [])
    for check in checks:
        while True:
            try:
                left = check()
            except (exceptions.ClientException, KeyError, ValueError) as e:
                left = {'%s: %s' % (check.__name__, str(e)[:160])}
            if not left:
                break
            if time.time() > end:
                sys.exit('not ready after %d s: %s: %s' % (limit, check.__name__, ', '.join(map(str, left))))
            time.sleep(1)


def rpc(limit=120):
    """Waits until neutron-rpc-server consumes the queues which the agents call."""
    import kombu
    end = time.time() + limit
    with kombu.Connection('amqp://openstack:%s@127.0.0.1:5672//' % PW) as c:
        for queue in ('q-plugin', 'q-reports-plugin', 'q-l3-plugin'):
            while True:
                try:
                    if c.channel().queue_declare(queue, passive=True).consumer_count:
                        break
                except c.channel_errors:
                    pass
                if time.time() > end:
                    sys.exit('neutron-rpc-server does not listen on ' + queue)
                time.sleep(0.5)


def upload(name, data, **props):
    """For zone "fake", where no guest runs: anything that Glance takes for an image will do."""
    for i in get('/v2/images?name=' + name, 'image')['images']:
        if i['status'] == 'active' and all(i.get(k) == v for k, v in props.items()):
            return
        s.delete('/v2/images/' + i['id'], endpoint_filter=ep('image'))
    i = post('/v2/images', 'image', dict(
        name=name, disk_format='raw', container_format='bare', visibility='public', **props)).json()
    s.put('/v2/images/%s/file' % i['id'], endpoint_filter=ep('image'), data=data,
          headers={'Content-Type': 'application/octet-stream'})


def cloud():
    net = ensure('network', 'networks', 'network', {
        'name': 'public', 'router:external': True, 'shared': False,
        'provider:network_type': 'flat', 'provider:physical_network': 'public'}, path='/v2.0/networks')
    base = CIDR.rsplit('.', 1)[0]
    ensure('network', 'subnets', 'subnet', {
        'name': 'public', 'network_id': net['id'], 'ip_version': 4, 'cidr': CIDR, 'enable_dhcp': False,
        'gateway_ip': base + '.1', 'allocation_pools': [{'start': base + '.20', 'end': base + '.220'}]},
        path='/v2.0/subnets')
    for name, cpu, ram, disk in (('tiny', 1, 256, 4), ('small', 1, 768, 4), ('medium', 1, 1024, 4), ('large', 2, 2048, 8)):
        ensure('compute', 'flavors', 'flavor', {'name': name, 'vcpus': cpu, 'ram': ram, 'disk': disk})
    ensure('volumev3', 'volume_types', 'volume_type', {'name': 'plain'}, path='/types')
    ensure('volumev3', 'volume_types', 'volume_type',
           {'name': 'multiattach', 'extra_specs': {'multiattach': '<is> True'}}, path='/types')
    # Real and fake computes are zones of their own.  (A request for nova's default
    # zone, "nova", would match a host of any zone.)
    for zone, hosts in (('real', [HOST] if REAL else []), ('fake', ['fake%d' % n for n in range(1, FAKES + 1)])):
        if not hosts:
            continue
        agg = ensure('compute', 'aggregates', 'aggregate', {'name': zone, 'availability_zone': zone}, path='/os-aggregates')
        for h in hosts:
            if h not in (agg.get('hosts') or []):
                post('/os-aggregates/%s/action' % agg['id'], 'compute', {'add_host': {'host': h}})
    upload('tiny', b'\0' * 65536, os_shutdown_timeout='0')


if __name__ == '__main__':
    {'identity': identity, 'rpc': rpc, 'ready': ready, 'cloud': cloud}[sys.argv[1]]()
