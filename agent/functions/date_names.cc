#include "agent/functions/date_names.h"

#include <strings.h>

namespace murmel::functions {
namespace {

// dev.mysql.com, "MySQL Server Locale Support": what DATE_FORMAT, DAYNAME and MONTHNAME give in each.
constexpr DateNames kDateNames[] = {
    {"de_DE",
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
      "November", "Dezember"},
     {"Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"},
     {"Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"},
     {"Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"}},
    {"es_ES",
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
      "noviembre", "diciembre"},
     {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"},
     {"lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"},
     {"lun", "mar", "mié", "jue", "vie", "sáb", "dom"}},
    {"fr_FR",
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
      "novembre", "décembre"},
     {"jan", "fév", "mar", "avr", "mai", "jun", "jui", "aoû", "sep", "oct", "nov", "déc"},
     {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"},
     {"lun", "mar", "mer", "jeu", "ven", "sam", "dim"}},
    {"it_IT",
     {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
      "ottobre", "novembre", "dicembre"},
     {"gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"},
     {"lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"},
     {"lun", "mar", "mer", "gio", "ven", "sab", "dom"}},
    {"nl_NL",
     {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
      "november", "december"},
     {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
     {"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"},
     {"ma", "di", "wo", "do", "vr", "za", "zo"}},
    {"pl_PL",
     {"styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień", "wrzesień",
      "październik", "listopad", "grudzień"},
     {"sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"},
     {"poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"},
     {"pon", "wto", "śro", "czw", "pią", "sob", "nie"}},
    {"pt_BR",
     {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
      "novembro", "dezembro"},
     {"Jan", "Fev", "Mar", "Abr", "Mai", "Jun", "Jul", "Ago", "Set", "Out", "Nov", "Dez"},
     {"segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"},
     {"Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom"}},
    {"ru_RU",
     {"Января", "Февраля", "Марта", "Апреля", "Мая", "Июня", "Июля", "Августа", "Сентября", "Октября",
      "Ноября", "Декабря"},
     {"Янв", "Фев", "Мар", "Апр", "Май", "Июн", "Июл", "Авг", "Сен", "Окт", "Ноя", "Дек"},
     {"Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье"},
     {"Пнд", "Втр", "Срд", "Чтв", "Птн", "Сбт", "Вск"}},
};

}  // namespace

const DateNames kEnglishDateNames = {
    "en_US",
    {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
     "November", "December"},
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
    {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
    {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}};

const DateNames* date_names_of(std::string_view locale) {
  const auto is_it = [locale](const DateNames& names) {
    return locale.size() == 5 && strncasecmp(names.locale, locale.data(), locale.size()) == 0;
  };
  if (is_it(kEnglishDateNames)) return &kEnglishDateNames;
  for (const DateNames& names : kDateNames) {
    if (is_it(names)) return &names;
  }
  return nullptr;
}

const DateNames& names_in(Session& session) {
  const DateNames* const names = date_names_of(session.time_names());
  return names != nullptr ? *names : kEnglishDateNames;
}

}  // namespace murmel::functions
