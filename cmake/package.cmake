# What is installed, and the Debian package of it (cpack -G DEB). The manual page and the completions are what the program
# itself prints.
include(GNUInstallDirs)
set(TEXTS ${CMAKE_BINARY_DIR}/texts)  # src/cli writes them

install(TARGETS pleat)
install(PROGRAMS compat/run_alphafold.py TYPE BIN)
install(DIRECTORY compat/alphafold3 DESTINATION ${CMAKE_INSTALL_DATADIR}/pleat/python)
install(FILES ${TEXTS}/pleat.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${TEXTS}/pleat.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME pleat)
# zsh looks for the completions of Debian's packages in one folder, and for others' below /usr/local in another one.
install(CODE "
  set(FOLDER site-functions)
  if(CMAKE_INSTALL_PREFIX MATCHES \"/usr$\")
    set(FOLDER vendor-completions)
  endif()
  file(INSTALL ${TEXTS}/_pleat DESTINATION \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${FOLDER})")
install(FILES README.md TYPE DOC)
install(FILES LICENSE TYPE DOC RENAME copyright)
install(DIRECTORY docs/ TYPE DOC FILES_MATCHING PATTERN "*.md" PATTERN specs EXCLUDE)
install(DIRECTORY examples TYPE DOC)
install(FILES third_party/3dmol/LICENSE TYPE DOC RENAME copyright.3dmol)

set(CPACK_PACKAGE_CONTACT "The pleat developers <pleat@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "predicts the structures of biomolecular complexes")
set(CPACK_PACKAGE_DESCRIPTION
  "pleat predicts complexes of proteins, RNA, DNA, ligands and ions with the AlphaFold 3 network, as one native
program: the same inputs, flags, weights file and outputs as AlphaFold 3 v3.0.4.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS hmmer)
include(CPack)
