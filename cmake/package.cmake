# `make install` and the Debian package (cpack -G DEB): the program, its systemd unit, its settings with every default
# commented out, its documents. The package makes the account `yizhan` and starts the service; data is in /var/lib/yizhan.
include(GNUInstallDirs)
# The package holds the program, not what its tests are made of.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)

install(TARGETS yizhan RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES deploy/yizhan.service DESTINATION /lib/systemd/system)
install(FILES docs/yizhan.sample.toml DESTINATION /etc/yizhan RENAME yizhan.toml)
install(FILES README.md README.zh-CN.md CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES deploy/grafana/yizhan.json DESTINATION ${CMAKE_INSTALL_DATADIR}/yizhan/grafana)
install(FILES deploy/prometheus/alerts.yml DESTINATION ${CMAKE_INSTALL_DATADIR}/yizhan/prometheus)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME yizhan)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Yizhan developers <yizhan@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "relay station for callbacks")
set(CPACK_PACKAGE_DESCRIPTION
    "Yizhan verifies and stores every inbound callback before acknowledging it, gives it its effect exactly once, and
 delivers every outbound one with retries, or accounts for it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/deploy/debian/postinst;${PROJECT_SOURCE_DIR}/deploy/debian/prerm;${PROJECT_SOURCE_DIR}/deploy/debian/postrm;${PROJECT_SOURCE_DIR}/deploy/debian/conffiles")
include(CPack)
