# pleat_library(NAME [DEPENDS lib...]): the library of the current folder, from every .cc in it. What it depends on
# is what it may include: another folder's library that is not named here does not link.
function(pleat_library NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT SOURCES)
    add_library(pleat_${NAME} INTERFACE)
    return()
  endif()
  add_library(pleat_${NAME} STATIC ${SOURCES})
  target_include_directories(pleat_${NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(pleat_${NAME} PUBLIC ${ARG_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY PLEAT_OBJECTS $<TARGET_OBJECTS:pleat_${NAME}>)
endfunction()

# pleat_test(NAME [DEPENDS lib...]): one GoogleTest program from every *_test.cc of the current folder.
function(pleat_test NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  add_executable(${NAME}_test ${SOURCES})
  target_include_directories(${NAME}_test PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${NAME}_test PRIVATE ${ARG_DEPENDS} pleat_test_support GTest::gtest_main GTest::gmock)
  add_test(NAME ${NAME} COMMAND ${NAME}_test)
  set_property(GLOBAL APPEND PROPERTY PLEAT_OBJECTS $<TARGET_OBJECTS:${NAME}_test>)
endfunction()

# pleat_odr_target(): target `odr` links the objects of the program and of all tests into one, without generating code.
# It fails where two of them define a type or a function differently.
function(pleat_odr_target)
  get_property(OBJECTS GLOBAL PROPERTY PLEAT_OBJECTS)
  list(APPEND OBJECTS $<TARGET_OBJECTS:pleat>)
  # Embedded data are assembly, of which the linker sees no types.
  set(OBJECTS "$<FILTER:${OBJECTS},EXCLUDE,[.]S[.]o$>")
  set(OBJECT_LIST ${PROJECT_BINARY_DIR}/odr.objects)
  file(GENERATE OUTPUT ${OBJECT_LIST} CONTENT "$<JOIN:${OBJECTS},\n>\n")
  add_custom_command(OUTPUT odr.o
    COMMAND ${CMAKE_CXX_COMPILER} -flto -flinker-output=rel -r -Wl,--allow-multiple-definition -Werror=odr -Werror=lto-type-mismatch @${OBJECT_LIST}
            -o odr.o
    DEPENDS "${OBJECTS}" ${OBJECT_LIST} COMMAND_EXPAND_LISTS)
  add_custom_target(odr DEPENDS odr.o)
endfunction()
