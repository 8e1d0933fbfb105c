// Check `tables`: would the tables of an older system do? What `yizhan doctor schema` looks at, by store::Store's
// check_express_schema().
#pragma once

#include <vector>

#include "doctor/examination.h"

namespace yizhan::doctor {

/// Of each, its own code (`message_id_index_partial`, …) is the subject.
std::vector<Finding> judge_schema(const std::vector<store::SchemaFinding>& found_in_schema);

void check_schema(const Installation& installation, Notes& notes);

}  // namespace yizhan::doctor
