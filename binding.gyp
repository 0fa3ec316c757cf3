# What `npm install` runs, through scripts/install.mjs. CMakeLists.txt reads the same list of sources.
{
  'variables': {
    # Set in a clone; somebody who builds the published package with a newer compiler must not be
    # stopped by a warning it has learnt since.
    'mkwrite_werror%': 0,
  },
  'targets': [
    {
      'target_name': 'mkwrite',
      'sources': ['<!@(grep -v "^#" native/sources.txt)'],
      'include_dirs': ['native'],
      'defines': ['NAPI_VERSION=9', 'NAPI_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'cflags': ['-Wall', '-Wextra', '-fPIC', '-fvisibility=hidden'],
      'cflags!': ['-Wno-unused-parameter', '-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': [
        '-std=c++20',
        '-fexceptions',
        # a * b + c is two operations on every architecture.
        '-ffp-contract=off',
        '-Wshadow',
        '-Wconversion',
        # As system headers, so that our warnings do not apply to them.
        '-isystem<!(node -p "path.dirname(require.resolve(\'node-addon-api\'))")',
        '-isystem<!(node -p "require(\'node-api-headers\').include_dir")',
      ],
      # Never unloaded: the process-wide SIGSEGV handler lives in here.
      'ldflags': ['-Wl,-z,nodelete', '-Wl,-Bsymbolic-functions'],
      'conditions': [['mkwrite_werror==1', {'cflags_cc': ['-Werror']}]],
    },
  ],
}
