// A prediction as one HTML page, which loads nothing from elsewhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "chem/ccd.h"
#include "report/facts.h"

namespace pleat::report {

// The page: data/report/report.html with its style, its script and the viewer's library, the facts as JSON, and the
// arrays of the samples with detail. Equal facts give equal bytes. Untrusted text is only in the JSON, where
// no HTML can start.
std::string page(const Facts& facts);

// Reads a job's folder and writes NAME_report.html there. Returns the file. Throws Error as read_facts does.
fs::path write_page(const fs::path& folder, std::shared_ptr<const chem::Ccd> ccd);

// "1-20, 25": increasing 0-based indices as 1-based ranges.
std::string ranges_text(const std::vector<int>& indices);

// RFC 4648's base64, with padding.
std::string base64(std::string_view bytes);

}  // namespace pleat::report
