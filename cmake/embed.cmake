# pleat_embed(TARGET FILE SYMBOL): the bytes of FILE in the read-only data of TARGET. C++ sees them between
#   extern "C" const char SYMBOL[], SYMBOL_end[];
enable_language(ASM)

function(pleat_embed TARGET FILE SYMBOL)
  get_filename_component(FILE ${FILE} ABSOLUTE)
  set(SOURCE ${CMAKE_CURRENT_BINARY_DIR}/${SYMBOL}.S)
  file(CONFIGURE OUTPUT ${SOURCE} @ONLY CONTENT [[
.section .rodata
.global @SYMBOL@, @SYMBOL@_end
.balign 64
@SYMBOL@: .incbin "@FILE@"
@SYMBOL@_end: .byte 0
.section .note.GNU-stack, "", %progbits
]])
  set_source_files_properties(${SOURCE} PROPERTIES OBJECT_DEPENDS ${FILE})
  target_sources(${TARGET} PRIVATE ${SOURCE})
endfunction()
