# node-gyp wants a "node directory" with this file in it. A Node-API addon needs nothing of Node's own
# but the C headers in the package node-api-headers, so this stands in for it and nothing is
# downloaded or expected on the system. Node's own common.gypi works as well.
{
  'target_defaults': {
    'default_configuration': 'Release',
    'cflags': ['-pthread', '-fno-omit-frame-pointer'],
    'ldflags': ['-pthread', '-rdynamic'],
    'configurations': {
      'Debug': {
        'defines': ['DEBUG', '_DEBUG'],
        'cflags': ['-g', '-O0'],
      },
      'Release': {
        'cflags': ['-O3'],
      },
    },
  },
}
