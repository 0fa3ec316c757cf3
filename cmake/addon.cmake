# The addon: build/cmake/<preset>/mkwrite.node. Its headers are npm packages, so `npm ci` comes first.
set(node_modules ${CMAKE_SOURCE_DIR}/node_modules)

if(NOT EXISTS ${node_modules}/node-addon-api/napi.h)
  message(WARNING "No addon in this build: node-addon-api is not in node_modules, run npm ci")
  return()
endif()

add_library(mkwrite_addon MODULE ${addon_sources})
set_target_properties(mkwrite_addon PROPERTIES OUTPUT_NAME mkwrite PREFIX "" SUFFIX .node)
target_link_libraries(mkwrite_addon PRIVATE mkwrite_core)
target_include_directories(mkwrite_addon SYSTEM PRIVATE
  ${node_modules}/node-addon-api ${node_modules}/node-api-headers/include)
target_compile_definitions(mkwrite_addon PRIVATE
  NAPI_VERSION=9 NAPI_CPP_EXCEPTIONS NODE_ADDON_API_DISABLE_DEPRECATED)
target_link_options(mkwrite_addon PRIVATE -Wl,-z,nodelete -Wl,-Bsymbolic-functions)
