#include "agent/functions/number_locale.h"

#include <strings.h>

#include <algorithm>

namespace murmel::functions {
namespace {

// dev.mysql.com, "MySQL Server Locale Support". Bulgarian groups are parted by a byte 0, as MySQL has it.
constexpr NumberLocale kLocales[] = {
    {",", '.', 3, 3,
     "be_BY da_DK de_BE de_DE de_LU es_AR es_BO es_CL es_CO es_EC es_ES es_PY es_UY es_VE fo_FO hu_HU id_ID "
     "is_IS lt_LT mn_MN nb_NO no_NO ro_RO ru_UA sq_AL tr_TR uk_UA vi_VN "},
    {",", ' ', 3, 3, "cs_CZ es_CR et_EE fi_FI lv_LV mk_MK ru_RU sk_SK sv_FI sv_SE "},
    {",", '\0', 3, 3, "bg_BG "},
    {",", '\'', 3, 3, "it_CH rm_CH "},
    {".", '\'', 3, 3, "de_CH "},
    {".", ',', 3, 2, "en_IN ta_IN te_IN "},
    {".", '\0', 0, 0, "ar_SA sr_RS "},
    {",", '\0', 0, 0,
     "ca_ES de_AT el_GR eu_ES fr_BE fr_CA fr_CH fr_FR fr_LU gl_ES hr_HR it_IT nl_BE nl_NL pl_PL pt_BR pt_PT "
     "sl_SI "},
};

constexpr std::size_t kNameBytes = 5;

bool is_one_of(std::string_view name, std::string_view names) {
  for (; !names.empty(); names.remove_prefix(kNameBytes + 1)) {
    if (strncasecmp(names.data(), name.data(), kNameBytes) == 0) return true;
  }
  return false;
}

}  // namespace

const NumberLocale kEnglishNumbers = {
    ".", ',', 3, 3,
    "ar_AE ar_BH ar_DZ ar_EG ar_IN ar_IQ ar_JO ar_KW ar_LB ar_LY ar_MA ar_OM ar_QA ar_SD ar_SY ar_TN ar_YE "
    "en_AU en_CA en_GB en_NZ en_PH en_US en_ZA en_ZW es_DO es_GT es_HN es_MX es_NI es_PA es_PE es_PR es_SV "
    "es_US gu_IN he_IL hi_IN ja_JP ko_KR ms_MY th_TH ur_PK zh_CN zh_HK zh_TW "};

const NumberLocale* number_locale(std::string_view name) {
  if (name.size() != kNameBytes) return nullptr;
  if (is_one_of(name, kEnglishNumbers.names)) return &kEnglishNumbers;
  for (const NumberLocale& locale : kLocales) {
    if (is_one_of(name, locale.names)) return &locale;
  }
  return nullptr;
}

std::string in_locale(std::string text, const NumberLocale& locale) {
  const std::size_t begin = text[0] == '-' ? 1 : 0, end = std::min(text.find('.'), text.size());
  if (end < text.size()) text.replace(end, 1, locale.point);
  auto group = static_cast<std::size_t>(locale.first);
  for (std::size_t at = end; group > 0 && at > begin + group;) {
    text.insert(at -= group, 1, locale.separator);
    group = static_cast<std::size_t>(locale.others);
  }
  return text;
}

}  // namespace murmel::functions
